export function output() {
  throw new Error("no output");
}

export function input() {
  throw new Error("no input");
}
