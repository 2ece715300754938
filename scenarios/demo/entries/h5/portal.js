"use strict";
// The portal is the same server under its other name: another site to a browser.

document.getElementById("portal").href = `http://localhost:${location.port}/elsewhere.html`;
