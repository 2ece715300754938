"use strict";
// The account's check-in record: dates with a time. Days since the first use without an entry count as missed.

const SEEDED_DAYS = 40;
const SEEDED_GAPS = [3, 9, 24];

/** Returns {date: "HH:MM"}; the first call writes a past with three missed days. */
function signedDays() {
  let days = recall("signed", null);
  if (days === null) {
    days = {};
    for (let back = SEEDED_DAYS; back > 0; back -= 1) {
      if (!SEEDED_GAPS.includes(back)) {
        days[day(-back)] = `08:${String(10 + ((back * 7) % 48)).padStart(2, "0")}`;
      }
    }
    keep("signed", days);
    keep("recordFrom", day(-SEEDED_DAYS));
  }
  return days;
}

/** Returns the missed days of the last 40, newest first. */
function missedDays() {
  const days = signedDays();
  const from = recall("recordFrom", day());
  const missed = [];
  for (let back = 1; back <= SEEDED_DAYS; back += 1) {
    const date = day(-back);
    if (date >= from && !days[date]) {
      missed.push(date);
    }
  }
  return missed;
}

/** Returns the number of days signed in a row, up to today where today is signed, else up to yesterday. */
function streakDays() {
  const days = signedDays();
  let back = days[day()] ? 0 : 1;
  let count = 0;
  while (days[day(-back)]) {
    count += 1;
    back += 1;
  }
  return count;
}
