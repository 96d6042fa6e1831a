// What a kiosk keeps in the browser's own database: numbers that it may give alone,
// and what it gave. A number and what was asked with it are written in one
// transaction, so that none is given twice, by two windows either.
const STORES = { blocks: "id", taken: "key" };

let opened;
const database = () =>
	(opened ??= new Promise((done, fail) => {
		const ask = indexedDB.open("polis-kiosk", 1);
		ask.onupgradeneeded = () => Object.entries(STORES).forEach(([name, keyPath]) => ask.result.createObjectStore(name, { keyPath }));
		ask.onerror = () => fail(ask.error);
		ask.onsuccess = () => done(ask.result);
	}));

// within does something in one transaction over both stores.
async function within(mode, act) {
	const tx = (await database()).transaction(Object.keys(STORES), mode);
	const result = act(tx.objectStore("blocks"), tx.objectStore("taken"));
	return new Promise((done, fail) => {
		tx.oncomplete = async () => done(await result);
		tx.onabort = tx.onerror = () => fail(tx.error);
	});
}
const asked = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));

// keep adds numbers: {day, low, high}.
export const keep = (office, { day, low, high }) => within("readwrite", (blocks) => blocks.put({ id: `${office} ${day} ${low}`, office, day, high, next: low }));

const of = (all, office, day) => all.filter((b) => b.office === office && b.day === day && b.next <= b.high);

// left is how many numbers of a day there are.
export const left = (office, day) =>
	within("readonly", async (blocks) => of(await asked(blocks.getAll()), office, day).reduce((n, b) => n + b.high - b.next + 1, 0));

// take uses up a number of a day and keeps what it was for; undefined where none is left.
export const take = (office, day, what) =>
	within("readwrite", async (blocks, taken) => {
		const [block] = of(await asked(blocks.getAll()), office, day);
		if (!block) return undefined;
		const given = { ...what, office, number: block.next };
		blocks.put({ ...block, next: block.next + 1 });
		taken.put(given);
		return given;
	});

// list is what waits to be handed over, in order, and what was not accepted.
export const list = (office) =>
	within("readonly", async (_, taken) => {
		const all = (await asked(taken.getAll())).filter((t) => t.office === office).sort((a, b) => (a.at < b.at ? -1 : 1));
		return { waiting: all.filter((t) => !t.refused), refused: all.filter((t) => t.refused) };
	});

// settle forgets what was handed over; what was refused stays, to be told.
export const settle = (outcomes) =>
	within("readwrite", async (_, taken) => {
		for (const { key, refused } of outcomes) {
			if (!refused) taken.delete(key);
			else taken.put({ ...(await asked(taken.get(key))), refused });
		}
	});

// forget drops numbers of days that are over, and what was not accepted then.
export const forget = (day) =>
	within("readwrite", async (blocks, taken) => {
		for (const b of await asked(blocks.getAll())) if (b.day < day) blocks.delete(b.id);
		for (const t of await asked(taken.getAll())) if (t.refused && t.at.slice(0, 10) < day) taken.delete(t.key);
	});
