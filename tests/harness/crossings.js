// Loaded before the Worker: counts the calls between JavaScript and Wasm in both directions, and the Wasm instances.
const { Instance } = WebAssembly;

export const crossings = {
  toJavaScript: 0, toWasm: 0, instances: 0, exports: undefined,
  // Make the next call out of Wasm trap, or never return.
  trap: false, hang: false,
  // Keep the next run of Rust's futures in `held` instead of starting it.
  hold: false, held: undefined,
};
// For the inspector.
globalThis.crossings = crossings;

const { queueMicrotask } = globalThis;
globalThis.queueMicrotask = (run) => {
  if (crossings.hold) {
    crossings.hold = false;
    crossings.held = run;
  } else {
    queueMicrotask(run);
  }
};

WebAssembly.Instance = function (module, imports) {
  const counted = {};
  for (const [name, functions] of Object.entries(imports)) {
    counted[name] = mapped(functions, (call) => {
      crossings.toJavaScript += 1;
      if (crossings.trap) {
        crossings.trap = false;
        throw new WebAssembly.RuntimeError('a trap that a test asked for');
      }
      while (crossings.hang);
      return call;
    });
  }
  const { exports } = new Instance(module, counted);
  crossings.instances += 1;
  crossings.exports = exports;
  return { exports: mapped(exports, (call) => (crossings.toWasm += 1, call)) };
};

// Returns a copy of the object with `count` called for every call. Values that are not functions are passed through.
function mapped(object, count) {
  const result = { __proto__: null };
  for (const [name, value] of Object.entries(object)) {
    result[name] =
      typeof value === 'function' ? (...args) => count(value)(...args) : value;
  }
  return result;
}
