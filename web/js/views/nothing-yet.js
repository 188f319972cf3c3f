// What the list says of a service without models.

import { el } from "../dom.js";

const SNIPPET = `from tornado_ml import MLModel, hookimpl

class Echo(MLModel):
    qualified_name = "echo"
    …

@hookimpl
def register_models():
    return [Echo]`;

export function nothingYet() {
  return el(
    "section",
    { class: "card empty" },
    el("img", { src: "/favicon.svg", alt: "", width: 56, height: 56 }),
    el("h2", {}, "No models yet"),
    el("p", {}, "Models come with plugins. Add one, then start the service again:"),
    el(
      "ul",
      { class: "ways" },
      el("li", {}, "Install a package that brings one: ", el("code", {}, "pip install ./plugins/iris_model")),
      el("li", {}, "Or write a Python file such as this one, in a folder named under ", el("code", {}, "[plugins] directories"), " in the settings:"),
    ),
    el("pre", { class: "json", tabindex: 0, role: "region", "aria-label": "A plugin" }, el("code", {}, SNIPPET)),
  );
}
