// Prints Bootstrap Italia's style sheet without the rules that no page uses.
// Run by `go run ./internal/platform/web/build`, from the root of the repository.
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const words = (text) => text.match(/[A-Za-z][\w-]*/g) ?? [];
const strings = (text) => [...text.matchAll(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g)].map((m) => m[0]).join(" ");
// Of a template count the tags, and the words of its class attributes.
const markup = (text) =>
	[...text.matchAll(/<([a-z][a-z0-9]*)|\b(?:class|type|role)="([^"]*)"/g)].map((m) => m[1] ?? m[2]).join(" ");
// Of Go count the same inside its strings, plus strings that are nothing but class names.
const code = (text) => {
	const inside = strings(text);
	return markup(inside) + " " + [...inside.matchAll(/"((?:btn|icon|h[1-6]|lead|text|form|table|visually|container|row|col)[\w -]*)"/g)].map((m) => m[1]).join(" ");
};

const read = (files, keep) => files.map((path) => ({ raw: keep(readFileSync(path, "utf8")), extension: "txt" }));
const [go, html] = ["go", "gohtml"].map((ext) => process.argv.slice(2).filter((f) => f.endsWith("." + ext)));

const [{ css }] = await new PurgeCSS().purge({
	content: [...read(go, code), ...read(html, markup)],
	css: ["web/node_modules/bootstrap-italia/dist/css/bootstrap-italia.min.css"],
	defaultExtractor: words,
	safelist: ["html", "body", "root"],
	variables: true,
	keyframes: true,
	fontFace: true,
});
process.stdout.write(css);
