import js from "@eslint/js";
import globals from "globals";

const UNSAFE = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe"];

export default [
  { ignores: ["**/node_modules/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
      complexity: ["error", 12],
      "max-lines": ["error", 300],
    },
  },
  {
    files: ["web/js/**"],
    languageOptions: { globals: globals.browser },
    rules: {
      // Markup is never made from strings: what a model says is shown as text.
      "no-restricted-properties": ["error", ...UNSAFE.map((property) => ({ property })), { object: "document", property: "write" }],
    },
  },
  {
    files: ["web/js/client/**", "web/js/schema/**", "web/js/form/state/**"],
    languageOptions: { globals: { document: "off", window: "off", HTMLElement: "off", location: "off" } },
  },
  { files: ["tests/web/**", "npm/**"], languageOptions: { globals: globals.node } },
  { files: ["tests/web/models/**"], languageOptions: { globals: globals.browser } },
];
