console.log(typeof require("watchbill").bootstrap);
