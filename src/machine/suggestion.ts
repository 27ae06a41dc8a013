import leven, { closestMatch } from 'leven';

/** Of a word, this share may be mistyped. */
const MISTYPED = 0.4;

/** The name that is spelt the same but for one letter. */
export function misspelt(word: string, names: readonly string[]): string | undefined {
  const spelt = spelling(word);
  return (
    names.find(name => spelling(name) === spelt) ?? names.find(name => leven(spelling(name), spelt) === 1)
  );
}

/** The name that was surely meant: it is misspelt, or has some words more or fewer. */
export function closelyRelated(word: string, names: readonly string[]): string | undefined {
  const spelt = spelling(word);
  const byLength = [...names].sort((a, b) => a.length - b.length);
  return (
    misspelt(word, names) ??
    byLength.findLast(name => hasWords(spelt, spelling(name))) ??
    byLength.find(name => hasWords(spelling(name), spelt))
  );
}

/** `memory_block_size` has those of `block_size`. */
function hasWords(whole: string, part: string): boolean {
  return `_${whole}_`.includes(`_${part}_`);
}

/** The name that was probably meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const maxDistance = Math.ceil(word.length * MISTYPED);
  const spelt = closestMatch(spelling(word), names.map(spelling), { maxDistance });
  return closelyRelated(word, names) ?? names.find(name => spelling(name) === spelt);
}

/** ` (did you mean X?)`, to follow the complaint of an unknown name; nothing when no name is near. */
export function didYouMean(word: string, names: readonly string[]): string {
  const name = nearest(word, names);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
}

function spelling(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}
