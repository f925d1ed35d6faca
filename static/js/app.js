// Entry for every page. Each import wires one behaviour to attributes in the page. Listeners sit on the document,
// never on single elements, so what htmx brings later works as well. Without scripts every flow still works.
import "./theme.js";
import "./toasts.js";
import "./copy.js";
import "./dialogs.js";
import "./forms.js";
import "./drafts.js";
import "./count.js";
import "./times.js";
import "./rows.js";
import "./keys.js";
import "./palette.js";
import "./scrub.js";
import "./preview.js";
import "./picks.js";
import "./title.js";
import "./live.js";
import "./triage.js";
