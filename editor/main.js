// The editor of a page with a query. Without this script the page has a form, and everything works by that.
import { history, historyKeymap, defaultKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { Prec } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { sparql } from "codemirror-lang-sparql";
import { checking } from "./check.js";
import { completion } from "./complete.js";
import { look } from "./look.js";
import { arrange, startResults } from "./results.js";
import { startPast } from "./past.js";

const form = document.querySelector("form[data-check]");
if (form) start(form);

function start(form) {
  const field = form.elements.query, label = field.labels[0];
  arrange(form);
  // In a shadow root the editor's own style is a constructed sheet, which a strict policy allows.
  const host = Object.assign(document.createElement("div"), { className: "editor" });
  const root = host.attachShadow({ mode: "open" });
  field.before(host);
  field.hidden = true;
  field.required = false; // what is hidden cannot be asked for

  const run = () => (form.requestSubmit(form.querySelector("[type=submit]")), true);
  const view = new EditorView({
    root,
    parent: root,
    doc: field.value,
    extensions: [
      // Tab is left alone: it leads on from the editor, as from any field.
      Prec.highest(keymap.of([{ key: "Ctrl-Enter", run }, { key: "Mod-Enter", run }])),
      history(),
      lineNumbers(),
      highlightActiveLine(),
      highlightSpecialChars({ addSpecialChars: /[\u061c\u2066-\u2069\u202a-\u202e]/g }),
      bracketMatching(),
      indentOnInput(),
      sparql(),
      completion(form),
      checking(form),
      look,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label.textContent }),
      // Left to itself, Chromium styles what is typed over a selection by an attribute, which the policy forbids.
      EditorView.domEventHandlers({
        beforeinput(event, view) {
          if (event.inputType !== "insertText" || !event.data || view.state.selection.main.empty) return false;
          event.preventDefault();
          view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
          return true;
        },
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) field.value = update.state.doc.toString();
      }),
    ],
  });
  label.addEventListener("click", () => view.focus());

  const write = (text) => {
    if (text !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  };
  startResults(form, write, startPast(form, (text) => (write(text), view.focus())));
  for (const part of form.querySelectorAll("[data-script]")) part.hidden = part.dataset.script === "off";
  document.documentElement.dataset.editor = "ready";
}
