// Fails only when it is given a value.

export function input() {
  const node = Object.assign(document.createElement("p"), { textContent: "Late widget" });
  const setValue = () => {
    throw new Error("no value");
  };
  return { node, value: () => undefined, setValue, focus: () => {} };
}
