// What few forms have: lists, alternatives, drawings, files, and widgets of plugins.

import { AlternativesControl } from "./alternatives.js";
import { Deferred } from "./deferred.js";
import { ListControl } from "./list.js";
import { addControls } from "./make.js";
import { AlternativesState } from "./state/alternatives.js";
import { GridState } from "./state/grid.js";
import { ListState } from "./state/list.js";
import { addStates } from "./state/make.js";
import { WidgetControl } from "./widget.js";

const loadDrawing = () => import("./drawing.js").then(({ DrawingControl }) => DrawingControl);
const loadFile = () => import("./file.js").then(({ FileControl }) => FileControl);

/** Forms can be made of these too from now on. */
export function addRareKinds() {
  addStates({ list: ListState, tuple: ListState, grid: GridState, alternatives: AlternativesState });
  addControls(
    {
      alternatives: (state, make) => new AlternativesControl(state, make),
      list: (state, make) => new ListControl(state, make),
      tuple: (state, make) => new ListControl(state, make),
      grid: (state) => new Deferred(state, loadDrawing),
      file: (state) => new Deferred(state, loadFile),
    },
    (state, entry, root, generic) => new WidgetControl(state, entry, root, generic),
  );
}
