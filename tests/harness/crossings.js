// Loaded before the Worker: counts the calls between JavaScript and Wasm, in both directions.
const { Instance } = WebAssembly;

export const crossings = { toJavaScript: 0, toWasm: 0, exports: undefined };

WebAssembly.Instance = function (module, imports) {
  const counted = {};
  for (const [name, functions] of Object.entries(imports)) {
    counted[name] = mapped(functions, (call) => (crossings.toJavaScript += 1, call));
  }
  const { exports } = new Instance(module, counted);
  crossings.exports = exports;
  return { exports: mapped(exports, (call) => (crossings.toWasm += 1, call)) };
};

// The same object, with `count` told of every call. What is no function goes through as it is.
function mapped(object, count) {
  const result = { __proto__: null };
  for (const [name, value] of Object.entries(object)) {
    result[name] =
      typeof value === 'function' ? (...args) => count(value)(...args) : value;
  }
  return result;
}
