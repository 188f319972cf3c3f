// Logging in and out, where the service asks who somebody is: the token goes to the service once, and becomes a cookie
// that no script can read.

import { ApiError, Unreachable } from "../api.js";
import { button, el, fill } from "../dom.js";
import { setTitle } from "../router.js";
import { stylesheet } from "../stylesheet.js";

const UNKNOWN = "This token is not known here. It may have expired, or been revoked.";

/**
 * Ask for a token, in the place of whatever the page would show; the page begins anew with a good one.
 *
 * @param {HTMLElement} main
 */
export async function askForToken(main) {
  await stylesheet("/css/login.css");
  if (main.querySelector(".login") !== null) return;
  setTitle("Log in");
  const form = loginForm(() => location.reload());
  fill(main, form.element);
  form.focus();
}

/**
 * Show in the header who has logged in, and how to log out.
 *
 * @param {string} name
 */
export async function showWho(name) {
  await stylesheet("/css/login.css");
  const logOut = button("Log out", async () => {
    await post("/api/logout", {}).catch(() => {});
    location.assign("/");
  }, { class: "link" });
  document.querySelector(".site-head")?.append(el("div", { class: "who" }, el("span", { title: name }, name), logOut));
}

/** @param {() => void} done */
function loginForm(done) {
  const input = el("input", { id: "token", type: "password", autocomplete: "current-password", spellcheck: "false", "aria-describedby": "token-fault" });
  const fault = el("p", { id: "token-fault", class: "fault", role: "alert" });
  const remember = el("input", { type: "checkbox" });
  const submit = el("button", { class: "primary", type: "submit" }, "Log in");
  const show = button("Show", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    show.setAttribute("aria-pressed", String(!isShown));
  }, { class: "link", "aria-pressed": "false", "aria-label": "Show the token" });
  const element = el(
    "form",
    { class: "card login", "aria-labelledby": "login-title" },
    el("h1", { id: "login-title", tabindex: -1 }, "Log in"),
    el("p", { class: "hint" }, "This service asks who you are. Whoever runs it can make a token for you."),
    el("div", { class: "field" }, el("div", { class: "field-head" }, el("label", { for: "token" }, "Token")), el("div", { class: "box" }, input, show), fault),
    el("label", { class: "remember" }, remember, "Remember me on this device for 30 days"),
    submit,
  );

  /** @param {string} text */
  function refuse(text) {
    fault.textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
    if (text !== "") input.focus();
  }

  async function logIn() {
    const token = input.value.trim();
    refuse(token === "" ? "Paste your token here." : "");
    if (token === "" || submit.getAttribute("aria-disabled") === "true") return;
    submit.setAttribute("aria-disabled", "true");
    submit.textContent = "Logging in…";
    try {
      await post("/api/login", { token, remember: remember.checked });
      done();
    } catch (error) {
      const { status = 0, message } = /** @type {ApiError} */ (error);
      refuse(status === 401 ? UNKNOWN : message);
      submit.removeAttribute("aria-disabled");
      submit.textContent = "Log in";
    }
  }

  input.addEventListener("input", () => refuse(""));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    void logIn();
  });
  return { element, focus: () => input.focus() };
}

/**
 * @param {string} path
 * @param {object} body
 */
async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => {
    throw new Unreachable();
  });
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
}
