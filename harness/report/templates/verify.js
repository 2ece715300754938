(function () {
  "use strict";
  // Reads a zip as it lies on the disk, member by member, and trusts nothing it has not hashed. No network, no storage.
  var known = JSON.parse(document.getElementById("facts-json").textContent);
  var members = known.members, limits = known.limits;
  var utf8 = new TextDecoder("utf-8", { fatal: true });
  var NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/, RESERVED = /^(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\..*)?$/i;
  var MOST_EXTRA_BYTES = 64, LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22;

  function say(key) { return Object.prototype.hasOwnProperty.call(known.texts, key) ? known.texts[key] : key; }
  function Refusal(key, member, detail) { this.key = key; this.member = member || ""; this.detail = detail || ""; }
  async function bytesOf(blob, from, to) { return new Uint8Array(await blob.slice(from, to).arrayBuffer()); }
  function view(bytes) { return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength); }
  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  }
  async function sha256(bytes) { return hex(await crypto.subtle.digest("SHA-256", bytes)); }
  function fromBase64(text) {
    var clean = text.replace(/\s+/g, "");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) throw new Error("base64");
    return Uint8Array.from(atob(clean), function (char) { return char.charCodeAt(0); });
  }
  function same(one, other) {
    return one.length === other.length && one.every(function (byte, place) { return byte === other[place]; });
  }

  // --- the zip: every byte belongs to exactly one member, the directory, or its end

  async function openZip(file) {
    if (file.size < END_BYTES) throw new Refusal("evidence-zip-broken");
    var end = view(await bytesOf(file, file.size - END_BYTES, file.size));
    if (end.getUint32(0, true) !== 0x06054b50 || end.getUint16(20, true) !== 0) throw new Refusal("evidence-zip-broken", "", say("offline-zip-end"));
    var count = end.getUint16(10, true), size = end.getUint32(12, true), start = end.getUint32(16, true);
    if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) throw new Refusal("offline-zip64");
    if (end.getUint16(4, true) || end.getUint16(6, true) || end.getUint16(8, true) !== count) throw new Refusal("evidence-zip-broken");
    if (count > limits.members) throw new Refusal("evidence-too-many", "", String(count));
    if (start + size !== file.size - END_BYTES) throw new Refusal("evidence-zip-hidden");
    var entries = directory(await bytesOf(file, start, start + size), count);
    await checkSpans(file, entries, start);
    return withoutTop(entries);
  }

  function directory(bytes, count) {
    var data = view(bytes), at = 0, entries = [];
    for (var number = 0; number < count; number += 1) {
      if (at + CENTRAL_BYTES > bytes.length || data.getUint32(at, true) !== 0x02014b50) throw new Refusal("evidence-zip-broken");
      var nameLength = data.getUint16(at + 28, true), extra = data.getUint16(at + 30, true), comment = data.getUint16(at + 32, true);
      var raw = bytes.slice(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength), name;
      try { name = utf8.decode(raw); } catch (error) { throw new Refusal("evidence-name-unsafe", "", "UTF-8"); }
      var entry = {
        name: name, raw: raw, made: data.getUint8(at + 5), flags: data.getUint16(at + 8, true), method: data.getUint16(at + 10, true),
        packed: data.getUint32(at + 20, true), size: data.getUint32(at + 24, true),
        mode: data.getUint32(at + 38, true) >>> 16, start: data.getUint32(at + 42, true), member: name
      };
      if (entry.flags & 1) throw new Refusal("evidence-zip-encrypted", name);
      if (entry.made === 3 && (entry.mode & 0xf000) !== 0 && (entry.mode & 0xf000) !== 0x8000 && (entry.mode & 0xf000) !== 0x4000) throw new Refusal("evidence-not-a-file", name);
      if (entry.method !== 0 || entry.flags & 8) throw new Refusal("offline-not-stored", name);
      if (entry.packed !== entry.size) throw new Refusal("evidence-size-lies", name);
      if (entry.size > limits.memberBytes) throw new Refusal("evidence-too-large", name);
      if (comment > 0 || extra > MOST_EXTRA_BYTES) throw new Refusal("evidence-zip-hidden", name);
      entries.push(entry);
      at += CENTRAL_BYTES + nameLength + extra + comment;
    }
    if (at !== bytes.length) throw new Refusal("evidence-zip-hidden");
    return entries;
  }

  async function checkSpans(file, entries, directoryStart) {
    var at = 0, inOrder = entries.slice().sort(function (one, other) { return one.start - other.start; });
    for (var entry of inOrder) {
      if (entry.start !== at) throw new Refusal(entry.start < at ? "evidence-zip-overlap" : "evidence-zip-hidden", entry.name);
      var head = await bytesOf(file, at, at + LOCAL_BYTES + entry.raw.length), data = view(head);
      if (head.length !== LOCAL_BYTES + entry.raw.length || data.getUint32(0, true) !== 0x04034b50) throw new Refusal("evidence-zip-broken", entry.name);
      var extra = data.getUint16(28, true);
      var agrees = data.getUint16(6, true) === entry.flags && data.getUint16(8, true) === entry.method && data.getUint32(18, true) === entry.packed &&
        data.getUint32(22, true) === entry.size && same(head.slice(LOCAL_BYTES), entry.raw);
      if (!agrees || data.getUint16(26, true) !== entry.raw.length) throw new Refusal("offline-zip-two-names", entry.name);
      if (extra > MOST_EXTRA_BYTES) throw new Refusal("evidence-zip-hidden", entry.name);
      entry.data = at + LOCAL_BYTES + entry.raw.length + extra;
      at = entry.data + entry.size;
    }
    if (at !== directoryStart) throw new Refusal("evidence-zip-hidden");
  }

  function withoutTop(entries) {
    // A bundle may lie in the zip with or without its folder as the only top.
    var tops = new Set(entries.map(function (entry) { return entry.name.split("/", 1)[0]; }));
    var inFolder = entries.every(function (entry) { return entry.name.includes("/"); });
    var top = tops.size === 1 && inFolder && !tops.has("data") ? tops.values().next().value : "";
    var files = new Map(), folded = new Set(), folders = new Set(), total = 0;
    for (var entry of entries) {
      entry.member = top ? entry.name.slice(top.length + 1) : entry.name;
      if (entry.member === "" || entry.member.endsWith("/")) {
        if (entry.size) throw new Refusal("evidence-zip-hidden", entry.name);
        continue;
      }
      if (entry.member.length > limits.nameChars || !entry.member.split("/").every(isSafe)) throw new Refusal("evidence-name-unsafe", entry.name.slice(0, limits.nameChars));
      if (files.has(entry.member)) throw new Refusal("evidence-name-twice", entry.member);
      if (folded.has(entry.member.toLowerCase())) throw new Refusal("evidence-name-collides", entry.member);
      files.set(entry.member, entry);
      folded.add(entry.member.toLowerCase());
      entry.member.split("/").slice(0, -1).reduce(function (path, part) { folders.add(path + part); return path + part + "/"; }, "");
      total += entry.size;
    }
    if (top && !isSafe(top)) throw new Refusal("evidence-name-unsafe", top);
    if (total > limits.totalBytes) throw new Refusal("evidence-too-large", "", String(total));
    for (var member of files.keys()) if (folders.has(member)) throw new Refusal("evidence-name-collides", member);
    return { name: top, files: files, total: total };
  }

  function isSafe(part) { return NAME.test(part) && !part.endsWith(".") && !RESERVED.test(part); }

  // --- what the bundle says of itself

  function parseManifest(bytes, member) {
    var text;
    try { text = utf8.decode(bytes); } catch (error) { throw new Refusal("evidence-unreadable", member, "UTF-8"); }
    if (!text.endsWith("\n")) throw new Refusal("evidence-unreadable", member);
    var listed = new Map();
    text.slice(0, -1).split("\n").forEach(function (line) {
      var match = /^([0-9a-f]{64})  (\S(?:.*\S)?)$/.exec(line);
      if (!match || listed.has(match[2])) throw new Refusal("evidence-unreadable", member, line.slice(0, 80));
      listed.set(match[2], match[1]);
    });
    return listed;
  }

  async function readAll(file, zip, told) {
    var digests = new Map(), texts = new Map(), done = 0;
    var wanted = new Set([members.withheld, members.sharedManifest, members.manifest, members.tagManifest, members.bagInfo, members.bagit, members.statement, members.signer, members.events]);
    for (var entry of zip.files.values()) {
      var bytes = await bytesOf(file, entry.data, entry.data + entry.size);
      if (bytes.length !== entry.size) throw new Refusal("evidence-unreadable", entry.member);
      digests.set(entry.member, await sha256(bytes));
      if (wanted.has(entry.member) && bytes.length <= limits.textBytes) texts.set(entry.member, bytes);
      done += entry.size;
      told(zip.total ? done / zip.total : 1);
    }
    return { digests: digests, texts: texts };
  }

  function compare(listed, digests, inside, manifest, gone) {
    // What a shared copy says to be withheld is not missing, if it is what the manifest lists.
    var problems = [];
    listed.forEach(function (digest, member) {
      if (gone && gone.has(member)) { if (gone.get(member).sha256 !== digest) problems.push(new Refusal("evidence-digest-differs", member)); }
      else if (!digests.has(member)) problems.push(new Refusal("evidence-missing", member));
      else if (digests.get(member) !== digest) problems.push(new Refusal("evidence-digest-differs", member));
    });
    inside.forEach(function (member) { if (!listed.has(member)) problems.push(new Refusal("evidence-unlisted", member, manifest)); });
    return problems;
  }

  function mayBeAway(member) {
    return !members.neverWithheld.includes(member) && !members.neverWithheldFolders.some(function (folder) { return member.startsWith(folder); });
  }

  function withheldFrom(all) {
    var gone = new Map(), listed;
    if (!all.texts.has(members.withheld)) return gone;
    try {
      listed = JSON.parse(utf8.decode(all.texts.get(members.withheld))).members;
      listed.forEach(function (one) {
        if (typeof one.member !== "string" || typeof one.sha256 !== "string" || !Number.isSafeInteger(one.size_bytes) || one.size_bytes < 0) throw new Error("JSON");
      });
    } catch (error) { throw new Refusal("evidence-format", members.withheld); }
    listed.forEach(function (one) {
      if (gone.has(one.member) || all.digests.has(one.member) || !mayBeAway(one.member)) throw new Refusal("evidence-format", members.withheld, one.member);
      gone.set(one.member, one);
    });
    return gone;
  }

  function sharedProblems(all, there) {
    // A copy's own part, its masked pictures and pages, has a manifest of its own.
    if (!all.texts.has(members.sharedManifest)) return [new Refusal("evidence-missing", members.sharedManifest)];
    var own = there.filter(function (member) { return member.startsWith(members.shared) && member !== members.sharedManifest; });
    return compare(parseManifest(all.texts.get(members.sharedManifest), members.sharedManifest), all.digests, own, members.sharedManifest);
  }

  function bagProblems(all, zip, gone) {
    var there = Array.from(all.digests.keys()), problems = [];
    members.tagFiles.concat([members.tagManifest]).forEach(function (member) {
      if (!all.digests.has(member)) problems.push(new Refusal("evidence-missing", member));
    });
    if (all.digests.has("fetch.txt")) problems.push(new Refusal("evidence-fetch", "fetch.txt"));
    if (all.texts.has(members.bagit) && utf8.decode(all.texts.get(members.bagit)) !== members.bagitText) problems.push(new Refusal("evidence-bag-version", members.bagit));
    if (problems.length) return problems;
    var payload = parseManifest(all.texts.get(members.manifest), members.manifest), tags = parseManifest(all.texts.get(members.tagManifest), members.tagManifest);
    var inside = there.filter(function (member) { return member.startsWith("data/"); });
    var isCopy = all.digests.has(members.withheld);
    var beside = there.filter(function (member) { return !member.startsWith("data/") && !(isCopy && member.startsWith(members.shared)) && member !== members.tagManifest && !members.sealFiles.includes(member) && member !== members.unfinished; });
    problems = compare(payload, all.digests, inside, members.manifest, gone).concat(compare(tags, all.digests, beside, members.tagManifest, gone));
    if (isCopy) problems = problems.concat(sharedProblems(all, there));
    gone.forEach(function (one, member) { if (!payload.has(member) && !tags.has(member)) problems.push(new Refusal("evidence-unlisted", member, members.withheld)); });
    members.tagFiles.forEach(function (member) { if (!tags.has(member)) problems.push(new Refusal("evidence-unlisted", member, members.tagManifest)); });
    payload.forEach(function (digest, member) { if (!member.startsWith("data/")) problems.push(new Refusal("evidence-unreadable", members.manifest, member)); });
    var size = inside.reduce(function (sum, member) { return sum + zip.files.get(member).size; }, 0);
    var away = Array.from(gone.values()).filter(function (one) { return one.member.startsWith("data/"); });
    size = away.reduce(function (sum, one) { return sum + one.size_bytes; }, size);
    var oxum = /^Payload-Oxum: (.*)$/m.exec(utf8.decode(all.texts.get(members.bagInfo)));
    if (!oxum || oxum[1] !== size + "." + (inside.length + away.length)) problems.push(new Refusal("evidence-facts-differ", members.bagInfo, "Payload-Oxum"));
    return problems;
  }

  // --- the signature

  function keyBytes(pem) {
    var match = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem);
    if (!match) throw new Refusal("offline-key-wrong");
    try { return fromBase64(match[1]); } catch (error) { throw new Refusal("offline-key-wrong"); }
  }

  async function readKey(pem) {
    var bytes = keyBytes(pem);
    try {
      var key = await crypto.subtle.importKey("spki", bytes, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
      return { key: key, fingerprint: await sha256(await crypto.subtle.exportKey("spki", key)) };
    } catch (error) { throw new Refusal("offline-key-wrong"); }
  }

  function rawSignature(der) {
    // WebCrypto wants the two numbers side by side, 32 bytes each; DSSE carries them as DER.
    function number(at) {
      if (der[at] !== 2) throw new Error("DER");
      var length = der[at + 1], value = der.slice(at + 2, at + 2 + length);
      if (length > 33 || value.length !== length || length === 0) throw new Error("DER");
      while (value.length > 32 && value[0] === 0) value = value.slice(1);
      if (value.length > 32) throw new Error("DER");
      var padded = new Uint8Array(32);
      padded.set(value, 32 - value.length);
      return { value: padded, end: at + 2 + length };
    }
    if (der[0] !== 0x30 || der[1] !== der.length - 2) throw new Error("DER");
    var r = number(2), s = number(r.end), raw = new Uint8Array(64);
    if (s.end !== der.length) throw new Error("DER");
    raw.set(r.value, 0);
    raw.set(s.value, 32);
    return raw;
  }

  async function isSigned(key, envelope, payload) {
    var encoder = new TextEncoder(), type = encoder.encode(envelope.payloadType);
    var head = encoder.encode("DSSEv1 " + type.length + " " + envelope.payloadType + " " + payload.length + " ");
    var message = new Uint8Array(head.length + payload.length);
    message.set(head, 0);
    message.set(payload, head.length);
    for (var one of envelope.signatures) {
      try {
        if (await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, rawSignature(fromBase64(one.sig)), message)) return true;
      } catch (error) { continue; } // a second signature of another kind
    }
    return false;
  }

  async function checkSeal(all, pinned) {
    // Returns {result, problems, fingerprint}: "noted" where only the bundle itself vouches for the key.
    if (!all.texts.has(members.statement)) {
      var sealed = members.sealFiles.some(function (member) { return all.digests.has(member); });
      if (sealed) return { result: "wrong", problems: [new Refusal("evidence-seal-broken", members.statement)] };
      return { result: pinned ? "wrong" : "noted", problems: [new Refusal("evidence-unsealed")] };
    }
    var envelope, payload, statement;
    try {
      envelope = JSON.parse(utf8.decode(all.texts.get(members.statement)));
      payload = fromBase64(envelope.payload);
      if (envelope.payloadType !== known.types.payload || !Array.isArray(envelope.signatures) || !envelope.signatures.length || envelope.signatures.length > 8) throw new Error("DSSE");
      statement = JSON.parse(utf8.decode(payload));
    } catch (error) { return { result: "wrong", problems: [new Refusal("evidence-seal-broken", members.statement)] }; }
    var inside = null;
    try { inside = await readKey(utf8.decode(all.texts.get(members.signer))); } catch (error) { inside = null; }
    var believed = pinned || inside;
    if (!believed) return { result: "wrong", problems: [new Refusal("evidence-seal-broken", members.signer)] };
    if (!(await isSigned(believed.key, envelope, payload))) {
      var other = pinned && inside && await isSigned(inside.key, envelope, payload);
      return { result: "wrong", problems: [new Refusal(other ? "evidence-other-key" : "evidence-signature-wrong", members.statement, other ? inside.fingerprint : "")] };
    }
    if (statement._type !== known.types.statement || statement.predicateType !== known.types.predicate) {
      return { result: "unknown", problems: [new Refusal("evidence-seal-unknown", members.statement)], fingerprint: believed.fingerprint };
    }
    var problems = await statementProblems(statement, all);
    if (pinned && inside && inside.fingerprint !== pinned.fingerprint) problems.push(new Refusal("evidence-signer-differs", members.signer));
    if (problems.length) return { result: "wrong", problems: problems, fingerprint: believed.fingerprint };
    if (!pinned) return { result: "noted", problems: [new Refusal("offline-key-not-pinned", members.signer)], fingerprint: believed.fingerprint };
    return { result: "right", problems: [], fingerprint: believed.fingerprint };
  }

  async function statementProblems(statement, all) {
    var problems = [], signed = statement.predicate || {}, subject = (Array.isArray(statement.subject) && statement.subject[0]) || {};
    var tagged = subject.digest && subject.digest.sha256;
    if (subject.name !== members.tagManifest || statement.subject.length !== 1 || tagged !== all.digests.get(members.tagManifest)) problems.push(new Refusal("evidence-not-as-signed", members.tagManifest));
    if (signed.payload_sha256 !== all.digests.get(members.manifest)) problems.push(new Refusal("evidence-not-as-signed", members.manifest));
    var log = all.texts.get(members.events);
    if (log) {
      var lines = 0, last = 0, before = 0;
      for (var at = 0; at < log.length; at += 1) if (log[at] === 10) { lines += 1; before = last; last = at + 1; }
      if (lines !== signed.events || await sha256(log.slice(before, last - 1)) !== signed.chain_head) problems.push(new Refusal("evidence-not-as-signed", members.events));
    }
    return problems;
  }

  // --- the answer

  function problemsOf(look) {
    try { return look(); } catch (error) { if (error instanceof Refusal) return [error]; throw error; }
  }
  function only(key) { return function (problem) { return problem.key === key; }; }

  async function verify(file, pem, paper, told) {
    var items = [], facts = [], pinned = null;
    function item(key, result, problems) { items.push({ key: key, result: result, problems: problems || [] }); }
    function judge(key, problems) { item(key, problems.length ? "wrong" : "right", problems); }
    try {
      if (pem.trim()) pinned = await readKey(pem);
      var zip = await openZip(file);
      item("offline-item-zip", "right");
      facts.push(["offline-fact-name", zip.name || file.name]);
      var all = await readAll(file, zip, told);
      var payload = all.digests.get(members.manifest) || "";
      facts.push(["offline-fact-files", String(zip.files.size)], ["offline-fact-payload", payload]);
      if (all.digests.has(members.unfinished)) {
        item("offline-item-files", "unknown", [new Refusal("evidence-unfinished", members.unfinished)]);
        return { items: items, facts: facts };
      }
      var gone = new Map();
      var found = problemsOf(function () { gone = withheldFrom(all); return bagProblems(all, zip, gone); });
      if (found.length || !gone.size) judge("offline-item-files", found);
      else item("offline-item-files", "noted", Array.from(gone.keys(), function (member) { return new Refusal("offline-withheld", member); }));
      var seal = await checkSeal(all, pinned);
      item("offline-item-seal", seal.result, seal.problems);
      if (seal.fingerprint) facts.push(["offline-fact-key", seal.fingerprint]);
      var typed = paper.toLowerCase().replace(/[^0-9a-f]/g, "");
      if (paper.trim() === "") item("offline-item-paper", "noted", [new Refusal("offline-paper-none")]);
      else judge("offline-item-paper", typed === payload ? [] : [new Refusal("offline-paper-differs", members.manifest)]);
    } catch (error) {
      if (!(error instanceof Refusal)) item("offline-item-zip", "unknown", [new Refusal("offline-failed", "", String(error && error.message || error))]);
      else item(error.key === "offline-key-wrong" ? "offline-item-key" : "offline-item-zip", ["offline-zip64", "offline-not-stored", "offline-key-wrong"].includes(error.key) ? "unknown" : "wrong", [error]);
    }
    return { items: items, facts: facts };
  }

  function answerOf(items) {
    function any(result) { return items.some(function (item) { return item.result === result; }); }
    if (any("wrong")) return ["wrong", "offline-answer-wrong"];
    if (any("unknown")) return ["unknown", items.some(function (item) { return item.problems.some(only("evidence-unfinished")); }) ? "offline-answer-unfinished" : "offline-answer-unknown"];
    if (items.some(function (item) { return item.problems.some(only("offline-withheld")); })) return ["noted", "offline-answer-withheld"];
    var seal = items.find(function (item) { return item.key === "offline-item-seal"; });
    return seal && seal.result === "right" ? ["right", "offline-answer-right"] : ["noted", "offline-answer-noted"];
  }

  // --- the page

  function element(id) { return document.getElementById(id); }
  function add(parent, tag, text, className) {
    var child = parent.appendChild(document.createElement(tag));
    child.textContent = text;
    if (className) child.className = className;
    return child;
  }
  function told(problem) { return [say(problem.key), problem.member, problem.detail].filter(Boolean).join(" "); }

  function show(outcome) {
    var answer = answerOf(outcome.items), place = element("answer");
    place.textContent = say(answer[1]);
    place.className = "answer " + answer[0];
    ["facts", "items", "problems"].forEach(function (id) { element(id).replaceChildren(); });
    outcome.facts.forEach(function (fact) {
      var row = element("facts").insertRow();
      add(row, "th", say(fact[0]));
      add(row, "td", /^[0-9a-f]{64}$/.test(fact[1]) ? fact[1].replace(/(.{8})(?=.)/g, "$1 ") : fact[1], "mono");
    });
    var problems = outcome.items.flatMap(function (item) { return item.problems; });
    [["offline-tampered", "evidence-digest-differs"], ["offline-missing", "evidence-missing"], ["offline-extra", "evidence-unlisted"], ["offline-away", "offline-withheld"]].forEach(function (kind) {
      var found = problems.filter(only(kind[1]));
      if (!found.length) return;
      add(element("problems"), "h4", say(kind[0]) + "（" + found.length + "）", kind[1] === "offline-withheld" ? "" : "bad");
      var list = add(element("problems"), "ul", "", "list mono");
      found.forEach(function (problem) { add(list, "li", problem.member); });
    });
    outcome.items.forEach(function (item) {
      var row = element("items").insertRow();
      add(row, "td", say(item.key));
      add(row, "td", say("offline-" + item.result), "v-item-" + (item.result === "unknown" ? "not-looked" : item.result));
      add(row, "td", item.problems.slice(0, 20).map(told).join("；") + (item.problems.length > 20 ? " …" : ""));
    });
    element("result").hidden = false;
    element("result").scrollIntoView();
  }

  var chosen = null;
  function choose(file) {
    chosen = file || null;
    element("chosen").textContent = chosen ? chosen.name : "";
    element("go").disabled = !chosen;
  }
  async function takeKey(file) { element("key").value = await file.slice(0, 65536).text(); }

  element("zip").addEventListener("change", function (event) { choose(event.target.files[0]); });
  element("key-file").addEventListener("change", function (event) { if (event.target.files[0]) takeKey(event.target.files[0]); });
  ["dragover", "dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      event.preventDefault(); // else the browser leaves this page for the dropped file
      element("drop").classList.toggle("over", name === "dragover");
      if (name !== "drop") return;
      Array.from(event.dataTransfer.files).forEach(function (file) { if (/\.pem$/i.test(file.name)) takeKey(file); else choose(file); });
    });
  });
  element("go").addEventListener("click", async function () {
    element("go").disabled = true;
    element("result").hidden = true;
    element("progress").hidden = false;
    element("progress").value = 0;
    var outcome = await verify(chosen, element("key").value, element("paper").value, function (part) { element("progress").value = part; });
    element("progress").hidden = true;
    element("go").disabled = false;
    show(outcome);
  });
})();
