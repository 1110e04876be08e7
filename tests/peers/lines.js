// Answers each line of standard input with one line; ends the process when standard input ends.
'use strict';
const readline = require('node:readline');

exports.serve = (answer) => {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    try {
      console.log(`> ${await answer(line.trim().split(/\s+/))}`);
    } catch (fault) {
      console.log(`> error ${fault.message}`);
    }
  });
  lines.on('close', () => process.exit(0));
};

exports.freePort = () => new Promise((resolve) => {
  const probe = require('node:net').createServer();
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
