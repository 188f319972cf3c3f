// What some forms have: choices, lists, alternatives, drawings, files, and widgets of plugins.

import { AlternativesControl } from "./alternatives.js";
import { BooleanControl, choiceControl } from "./choices.js";
import { Deferred } from "./deferred.js";
import { ListControl } from "./list.js";
import { addControls } from "./make.js";
import { NumbersControl } from "./numbers.js";
import { AlternativesState } from "./state/alternatives.js";
import { BooleanState, ChoiceState } from "./state/choices.js";
import { FileState } from "./state/file.js";
import { GridState } from "./state/grid.js";
import { ListState } from "./state/list.js";
import { addStates } from "./state/make.js";
import { NumbersState } from "./state/numbers.js";
import { WidgetControl } from "./widget.js";

const loadDrawing = () => import("./drawing.js").then(({ DrawingControl }) => DrawingControl);
const loadFile = () => import("./file.js").then(({ FileControl }) => FileControl);

/** Forms can be made of these too from now on. */
export function addRareKinds() {
  addStates({
    boolean: BooleanState,
    choice: ChoiceState,
    numbers: NumbersState,
    list: ListState,
    tuple: ListState,
    grid: GridState,
    file: FileState,
    alternatives: AlternativesState,
  });
  addControls(
    {
      boolean: (state) => new BooleanControl(state),
      choice: choiceControl,
      numbers: (state) => new NumbersControl(state),
      alternatives: (state, make) => new AlternativesControl(state, make),
      list: (state, make) => new ListControl(state, make),
      tuple: (state, make) => new ListControl(state, make),
      grid: (state) => new Deferred(state, loadDrawing),
      file: (state) => new Deferred(state, loadFile),
    },
    (state, entry, root, generic) => new WidgetControl(state, entry, root, generic),
  );
}
