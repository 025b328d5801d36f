// Languages: one catalogue each, fetched when it is needed; numbers and dates by Intl.
import en from '../i18n/en.json';

export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;
export const LANGUAGES = {
  en: 'English',
  es: 'Español',
  fr: 'Français',
  hi: 'हिन्दी',
  ar: 'العربية',
  zh: '中文',
  pt: 'Português',
} as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  es: () => import('../i18n/es.json'),
  fr: () => import('../i18n/fr.json'),
  hi: () => import('../i18n/hi.json'),
  ar: () => import('../i18n/ar.json'),
  zh: () => import('../i18n/zh.json'),
  pt: () => import('../i18n/pt.json'),
};
const KEPT = 'cutis.language';

class Words {
  language = $state<Language>('en');
  catalogue = $state.raw<Catalogue>(en);

  get direction(): 'ltr' | 'rtl' {
    return this.language === 'ar' ? 'rtl' : 'ltr';
  }

  async choose(language: Language): Promise<void> {
    const catalogue = language === 'en' ? en : (await LOADERS[language]()).default;
    this.catalogue = catalogue;
    this.language = language;
    document.documentElement.lang = language;
    document.documentElement.dir = this.direction;
    localStorage.setItem(KEPT, language);
  }
}

export const words = new Words();

/** Return the sentence `key` with its places filled. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(words.catalogue[key], values);
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? '');
  });
}

/** Return the language to begin with: the one that was chosen, or the browser's first that we speak. */
export function firstLanguage(kept: string | null, wanted: readonly string[]): Language {
  const known = (tag: string): tag is Language => tag in LANGUAGES;
  if (kept && known(kept)) return kept;
  return wanted.map((tag) => tag.slice(0, 2)).find(known) ?? 'en';
}

export const startLanguage = (): Language =>
  firstLanguage(localStorage.getItem(KEPT), navigator.languages);

// Latin digits in every language, as reports and the command line write them.
const tag = (): string => `${words.language}-u-nu-latn`;

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(tag(), { maximumFractionDigits: digits }).format(value);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(tag(), { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

export function date(at: string): string {
  return new Intl.DateTimeFormat(tag(), { dateStyle: 'medium' }).format(new Date(at));
}

export function moment(at: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(tag(), style).format(new Date(at));
}

/** Return `text` with its first letter as at the start of a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase(words.language) + text.slice(1);
}
