"use strict";
// Which day's news the lists of the app show: 0 is what the pages themselves say. A build with another number is another day.

window.FEED_SEED = 0;
