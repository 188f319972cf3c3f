const SVG = "http://www.w3.org/2000/svg";

/** @param {number} angle @param {string} words */
export function drawnDial(angle, words) {
  const dial = document.createElementNS(SVG, "svg");
  for (const [name, text] of Object.entries({ viewBox: "-50 -50 100 100", width: "120", role: "img", "aria-label": words })) dial.setAttribute(name, text);
  const hand = document.createElementNS(SVG, "line");
  for (const [name, text] of Object.entries({ y2: "-45", stroke: "currentColor", "stroke-width": "4", transform: `rotate(${angle})` })) hand.setAttribute(name, text);
  dial.append(hand);
  return dial;
}
