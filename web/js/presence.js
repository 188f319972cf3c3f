// The first sign that somebody uses the page, and not just looks at it. What is needed only then is loaded then:
// `whenUsed().then(load)`. By the time that a button is pressed it mostly is there; whoever needs it waits for the same import.

const SIGNS = ["pointermove", "pointerdown", "touchstart", "keydown", "focusin"];

/** @type {Promise<void> | null} */
let used = null;

/** @returns {Promise<void>} */
export function whenUsed() {
  used ??= new Promise((resolve) => {
    for (const sign of SIGNS) document.addEventListener(sign, () => resolve(), { once: true, capture: true, passive: true });
  });
  return used;
}
