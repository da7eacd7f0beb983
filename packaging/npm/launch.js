#!/usr/bin/env node
// Starts the program from the package of this platform, one of the optional dependencies of this one.
"use strict";

const { spawn } = require("node:child_process");

const packages = require("./package.json").optionalDependencies;
const name = `repo-lsp-${process.platform}-${process.arch}`;

let binary;
try {
  binary = require.resolve(`${name}/repo-lsp`);
} catch {
  const reason = name in packages ? `the package ${name} is not installed; install without --omit=optional` : "there is no package for it";
  console.error(`repo-lsp cannot run on ${process.platform} ${process.arch}: ${reason}.`);
  process.exit(1);
}

// Standard input and output belong to the program: an editor speaks the Language Server Protocol over them.
const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
// An editor that ends this process means the program.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`repo-lsp cannot be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else process.exit(code);
});
