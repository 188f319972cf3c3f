export function output(value) {
  return document.createTextNode(String(value));
}

export function input({ onchange }) {
  const node = document.createElement("input");
  node.addEventListener("input", onchange);
  return { node, value: () => node.value, setValue: (value) => (node.value = value), focus: () => node.focus() };
}
