// Parts of pages, mounted in a drawn document: what they say, in which language, and in which order.
import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OBSTACLES, changeRows, hindranceText, type Change, type Comparison } from '../../src/lib/comparison';
import { words } from '../../src/lib/i18n.svelte';
import { scaleName, told } from '../../src/lib/results.svelte';
import { CONDITIONS, type Answer, type Assessment, type Condition, type Enhancement } from '../../src/lib/types';
import Enlarged from '../../src/parts/Enlarged.svelte';
import ScorePairs from '../../src/parts/ScorePairs.svelte';

const ARABIC = { conditions: { acne: 'حب الشباب', pores: 'المسام' }, reasons: { too_coarse: 'هذا أدق مما تُظهره الصورة.' } };
const score = (value: number): Answer => ({ value } as Answer);
const tooCoarse: Answer = { value: null, code: 'too_coarse', reason: 'Pores cannot be seen at this scale.' };
const document_ = (pores: Answer, more: Partial<Assessment> = {}): Assessment => ({
  usable: true, face: { box_xyxy: [0, 0, 9, 9] },
  scores: Object.fromEntries(CONDITIONS.map((one) => [one, one === 'pores' ? pores : score(10)])), ...more,
} as Assessment);
const refused = document_(tooCoarse, { usable: false, face: null });

let shown: Record<string, never> | null = null;
let place: HTMLElement;
function show<Props extends Record<string, unknown>>(part: Component<Props>, props: Props): void {
  place = document.body.appendChild(document.createElement('main'));
  shown = mount(part, { target: place, props }) as Record<string, never>;
  flushSync();
}
const wide = (px: number): void => (window as unknown as { happyDOM: { setViewport: (size: object) => void } }).happyDOM.setViewport({ width: px });
const text = (): string => place.innerText.replace(/\s+/g, ' ').trim();

beforeEach(() => wide(1024));
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = null;
  document.body.replaceChildren();
  told.tables = { ...told.tables, conditions: {}, reasons: {} };
  await words.choose('en');
});

describe('why something cannot be compared', () => {
  it('names the photo in which it was not measured', () => {
    const [with_, without] = [document_(score(5)), document_(tooCoarse)];
    expect(hindranceText('not_measured', 'pores', [without, with_])).toMatch(/earlier photo/);
    expect(hindranceText('not_measured', 'pores', [with_, without])).toMatch(/later photo/);
    expect(hindranceText('photo_refused', 'acne', [refused, with_])).toMatch(/earlier photo/);
    expect(hindranceText('photo_refused', 'acne', [with_, refused])).toMatch(/later photo/);
  });
  it.each(OBSTACLES)('leaves nothing in English: %s', async (obstacle) => {
    await words.choose('ar');
    told.tables = { ...told.tables, ...ARABIC };
    for (const pair of [[refused, document_(score(5))], [document_(score(5)), refused]] as const) {
      expect(hindranceText(obstacle, 'pores', pair)).not.toMatch(/\p{Script=Latin}/u);
    }
  });
});

describe('two scores of each condition', () => {
  const same: Change = { verdict: 'no_change_you_can_trust', before: 10, after: 12, needed: 2.5, hindrance: null };
  const none: Change = { verdict: 'cannot_compare', before: null, after: null, needed: null, hindrance: { obstacle: 'not_measured' } };
  const found: Comparison = {
    overall: same, conditions: Object.fromEntries(CONDITIONS.map((one) => [one, one === 'pores' ? none : same])) as Record<Condition, Change>,
  };
  const props = (): Parameters<typeof changeRows>[1] => [document_(tooCoarse), document_(tooCoarse)];
  const heads = { label: 'Changes', before: 'Before', after: 'After', verdict: 'Verdict' };

  it('a table where there is room', () => {
    show(ScorePairs, { rows: changeRows(found, props()), ...heads });
    expect(place.querySelectorAll('tbody tr')).toHaveLength(CONDITIONS.length);
    expect(place.querySelector('ul')).toBeNull();
  });
  it('blocks on a phone', () => {
    wide(390);
    show(ScorePairs, { rows: changeRows(found, props()), ...heads });
    expect(place.querySelector('table')).toBeNull();
    expect(place.querySelectorAll('li')).toHaveLength(CONDITIONS.length);
    const [first] = place.querySelectorAll('li');
    expect(first?.textContent?.replace(/\s+/g, ' ')).toMatch(/Acne.*Before: 10 → After: 12.*No change that can be trusted.*Noise: ± 2.5/);
    expect(place.querySelectorAll('li')[4]?.textContent?.trim()).toMatch(/^Pores\s*Cannot be compared/);
  });
  it('the arrow points to the later one in Arabic too', async () => {
    wide(390);
    await words.choose('ar');
    show(ScorePairs, { rows: changeRows(found, props()), ...heads });
    expect(text()).toContain('←');
  });
});

describe('a small face', () => {
  const enhancement: Enhancement = {
    drawn_share: 0.97, consistency_db: 41.2, audit: [
      { condition: 'acne', original: 12.04, enhanced: 12.5, allowed: 2.5, ruling: 'stands' },
      { condition: 'pores', original: null, enhanced: 30, allowed: null, ruling: 'no_comparison' },
    ],
  };

  it('tells what scores are made of, and what drawn pixels would do', () => {
    show(Enlarged, { found: enhancement, picture: null });
    expect(text()).toContain("every score is made of the photo's own pixels");
    const rows = [...place.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows[0]).toEqual(['Acne', '12', '12.5', 'The same, within noise', '± 2.5']);
    expect(rows[1]).toEqual(['Pores', '–', '30', 'The photo gives nothing to compare; would not count', '–']);
  });
  it('leaves nothing in English', async () => {
    await words.choose('ar');
    told.tables = { ...told.tables, ...ARABIC };
    show(Enlarged, { found: enhancement, picture: null });
    expect(text()).not.toMatch(/\p{Script=Latin}/u);
  });
});

it('grade scales have names in the chosen language', async () => {
  expect(scaleName('Hayashi')).toBe('Acne grade by Hayashi');
  expect(scaleName('learned acne')).toBe('Acne: learned grade');
  await words.choose('ar');
  told.tables = { ...told.tables, ...ARABIC };
  for (const scale of ['Hayashi', 'learned acne']) expect(scaleName(scale)).not.toMatch(/\p{Script=Latin}/u);
});
