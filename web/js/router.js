// Addresses and pages: links are real links, followed without loading the document again.

/** @typedef {{title: string, element: HTMLElement, stop?: () => void}} View */
/** @typedef {{pattern: RegExp, view: (...parameters: string[]) => View}} Route */

const SITE = "tornado-ml";

/** @param {string} title of what the page shows now */
export function setTitle(title) {
  document.title = `${title} · ${SITE}`;
}

/**
 * Show the page of the current address in `main`, and of every address that is gone to.
 *
 * @param {HTMLElement} main
 * @param {readonly Route[]} routes
 * @param {() => View} notFound for addresses that no route matches
 * @returns {(path: string) => void} goes to a page
 */
export function startRouter(main, routes, notFound) {
  /** @type {View | null} */
  let current = null;
  let path = "";

  function show() {
    if (location.pathname === path) return;
    path = location.pathname;
    current?.stop?.();
    current = viewOf(path, routes) ?? notFound();
    setTitle(current.title);
    put(current.element);
    markCurrentLinks(path);
  }

  /** @param {HTMLElement} element what may be there already, and then is not painted anew */
  function put(element) {
    for (const child of [...main.childNodes]) if (child !== element) child.remove();
    if (element.parentNode !== main) main.append(element);
  }

  /** @param {URL} url */
  function follow(url) {
    history.pushState(null, "", url);
    show();
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  }

  addEventListener("popstate", show);
  document.addEventListener("click", (event) => {
    const url = followable(event);
    if (url === null || !routes.some(({ pattern }) => pattern.test(url.pathname))) return;
    event.preventDefault();
    if (url.pathname !== path) follow(url);
  });
  show();
  return (address) => {
    const url = new URL(address, location.href);
    if (url.pathname !== path) follow(url);
  };
}

/**
 * @param {string} path
 * @param {readonly Route[]} routes
 */
function viewOf(path, routes) {
  for (const { pattern, view } of routes) {
    const match = pattern.exec(path);
    if (match !== null) return view(...match.slice(1).map(decoded));
  }
  return null;
}

/**
 * Where a click leads, if it is an ordinary click on an ordinary link within this site.
 *
 * @param {MouseEvent} event
 */
function followable(event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (link === null || !plain || event.defaultPrevented || link.target !== "" || link.hash !== "") return null;
  const url = new URL(link.href);
  return url.origin === location.origin ? url : null;
}

/** @param {string} path */
function markCurrentLinks(path) {
  for (const link of document.querySelectorAll("header a")) {
    if (link.getAttribute("href") === path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** @param {string} part of a path; one that is not well encoded is taken as it is */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
