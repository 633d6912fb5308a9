// The dictionaries of a classification come by themselves once it is chosen: the button that asks for them rests.
"use strict";

document.getElementById("ask").hidden = true;
