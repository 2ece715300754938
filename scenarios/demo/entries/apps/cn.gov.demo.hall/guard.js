"use strict";
// Whoever is not logged in is sent to the log-in.

if (!recall("loggedIn", false)) {
  location.replace("index.html");
}
