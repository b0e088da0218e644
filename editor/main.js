// The editor of a page with a query. Without this script the page has a form, and everything works by that.
import { EditorView } from "@codemirror/view";

const form = document.querySelector("form[data-check]");
if (form) new EditorView({ doc: form.elements.query.value, parent: form });
