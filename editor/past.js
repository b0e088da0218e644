// The queries that were run in this browser: kept by it, sent to nobody, and gone at a click.
import { element, visible } from "./page.js";

const MOST = 40, LONGEST = 20_000, LONGEST_NAME = 70;

export function startPast(form, choose) {
  const box = form.querySelector(".past"), list = box.querySelector("ul"), key = `queries of ${form.action}`;

  function read() {
    try {
      const found = JSON.parse(localStorage.getItem(key));
      return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
    } catch {
      return []; // it is damaged, or the browser keeps nothing
    }
  }

  function write(queries) {
    try {
      if (queries.length) localStorage.setItem(key, JSON.stringify(queries));
      else localStorage.removeItem(key);
    } catch {
      // The browser keeps nothing, or has no room: the list is shorter then.
    }
    show();
  }

  function show() {
    const queries = read();
    box.hidden = !queries.length;
    list.replaceChildren(...queries.map((text) => {
      const button = Object.assign(element("button", element("bdi", visible(nameOf(text)))), { type: "button", className: "link", title: visible(text) });
      button.addEventListener("click", () => choose(text));
      return element("li", button);
    }));
  }

  box.querySelector("[data-do=clear]").addEventListener("click", () => write([]));
  addEventListener("storage", show); // another tab has run one
  show();
  return (text) => {
    if (text.length <= LONGEST) write([text, ...read().filter((other) => other !== text)].slice(0, MOST));
  };
}

// The first comment is the question; without one, what comes after the prefixes says most.
function nameOf(text) {
  const comment = /^\s*#\s*(.+)/.exec(text);
  const name = comment ? comment[1] : text.replace(/^\s*(PREFIX\s+\S+\s*<[^>]*>|BASE\s*<[^>]*>|#.*)/gim, "").replace(/\s+/g, " ").trim();
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
