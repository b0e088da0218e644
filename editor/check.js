// What is wrong with the query, or why it may find nothing, as the server says it while one writes: marked in the
// text, and listed below it with the changes that mend it.
import { linter } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { element, fieldsOf, visible } from "./page.js";

const PAUSE_MS = 600;

export function checking(form) {
  const list = form.querySelector(".findings");
  let isWritten = false; // what was sent already has its faults on the page

  async function check(view) {
    const { doc } = view.state;
    if (!isWritten || !doc.toString().trim()) return [];
    const asked = await fetch(form.dataset.check, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: fieldsOf(form),
    }).catch(() => null);
    if (!asked?.ok || view.state.doc !== doc) return []; // what is busy or changed is asked again
    const found = findingsOf(await asked.json(), doc.toString());
    show(found, view);
    return found;
  }

  function show(found, view) {
    const { doc } = view.state;
    list.inert = false;
    list.replaceChildren(...found.map((finding) => {
      const place = finding.message.startsWith("Line ") ? "" : `Line ${doc.lineAt(finding.from).number}: `;
      const item = element("li", place, element("bdi", visible(finding.message)));
      for (const action of finding.actions) {
        const cure = element("button", visible(action.name));
        Object.assign(cure, { type: "button", className: "cure" });
        cure.addEventListener("click", () => {
          if (view.state.doc === doc) action.apply(view);
          view.focus();
        });
        item.append(" ", cure);
      }
      return item;
    }));
  }

  return [
    linter(check, { delay: PAUSE_MS }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      isWritten = true;
      list.inert = true; // its changes were made for another text
    }),
  ];
}

function findingsOf(verdict, text) {
  const at = unitsOf(text);
  const finding = (severity) => (fault) => {
    const from = at(fault.start ?? 0), to = at(fault.end ?? 0); // without a place it is of the whole query
    return {
      from,
      to: Math.max(from, to),
      severity,
      message: fault.sentence ?? fault.message,
      actions: fault.edits.map((edit) => ({
        name: edit.title,
        apply: (view) => view.dispatch({ changes: { from: at(edit.from), to: at(edit.to), insert: edit.insert } }),
      })),
    };
  };
  return [...verdict.errors.map(finding("error")), ...verdict.hints.map(finding("warning"))];
}

// The server counts code points, the editor UTF-16 units: they differ after any character beyond the first plane.
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units[units.length - 1] + character.length);
  return (place) => units[Math.min(place, units.length - 1)];
}
