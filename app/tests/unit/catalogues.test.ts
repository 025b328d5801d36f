// Every language says everything, with the same places, in its own words, and without shaming.
import { describe, expect, it } from 'vitest';
import ar from '../../src/i18n/ar.json';
import en from '../../src/i18n/en.json';
import es from '../../src/i18n/es.json';
import fr from '../../src/i18n/fr.json';
import hi from '../../src/i18n/hi.json';
import pt from '../../src/i18n/pt.json';
import zh from '../../src/i18n/zh.json';
import { fill, firstLanguage } from '../../src/lib/i18n.svelte';

const others = { ar, es, fr, hi, pt, zh } as Record<string, Record<string, string>>;
const english = en as Record<string, string>;
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const SCRIPTS: Record<string, RegExp> = { ar: /\p{Script=Arabic}/u, hi: /\p{Script=Devanagari}/u, zh: /\p{Script=Han}/u };
// As in the catalogues of summaries; `[avoid]` there.
const AVOID = [
  'bad skin', 'flaw', 'ugly', 'abnormal', 'defect', 'imperfection', 'perfect skin', 'problem skin', 'anti-aging',
  'disgusting', 'unsightly', 'suffer', 'normal skin', 'piel mala', 'mala piel', 'fea', 'defecto', 'vilaine peau', 'défaut',
  'pele ruim', 'defeito', '丑', '缺陷', '瑕疵', 'قبيح', 'عيب', 'ख़राब त्वचा', 'दोष',
];

describe.each(Object.keys(others))('%s', (language) => {
  const words = others[language] ?? {};
  it('says everything and nothing more', () => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort());
  });
  it('leaves nothing in English', () => {
    expect(Object.keys(english).filter((key) => words[key] === english[key])).toEqual([]);
  });
  it('fills the same places', () => {
    for (const [key, text] of Object.entries(english)) expect(places(words[key] ?? ''), key).toEqual(places(text));
  });
  it('is written in its own script', () => {
    const script = SCRIPTS[language];
    if (script) expect(Object.keys(words).filter((key) => !script.test(words[key] ?? ''))).toEqual([]);
  });
});

it('no language shames', () => {
  for (const words of [english, ...Object.values(others)]) {
    const text = Object.values(words).join('\n').toLowerCase();
    expect(AVOID.filter((word) => new RegExp(`(?<!\\p{L})${word}(?!\\p{L})`, 'u').test(text))).toEqual([]);
  }
});

it('fills places and keeps what is not named', () => {
  expect(fill('{a} of {b}', { a: 3, b: 'ten' })).toBe('3 of ten');
});

it('begins in the language that was kept, then in one the browser wants', () => {
  expect(firstLanguage('ar', ['fr'])).toBe('ar');
  expect(firstLanguage('xx', ['de-DE', 'pt-BR', 'fr'])).toBe('pt');
  expect(firstLanguage(null, ['de'])).toBe('en');
});
