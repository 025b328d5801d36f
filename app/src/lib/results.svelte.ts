// The words of results (conditions, places, reasons, fixes), from the service: those of summaries.
import { sentence, t, words, type Language } from './i18n.svelte';

type Table = Record<string, string>;
export interface ResultWords {
  levels: Table;
  conditions: Table;
  places: Table;
  types: Table;
  units: Table;
  verdicts: Table;
  reasons: Table;
  fixes: Table;
  english_note: string;
  level_limits: [number, string][];
}
const EMPTY: ResultWords = {
  levels: {}, conditions: {}, places: {}, types: {}, units: {}, verdicts: {}, reasons: {}, fixes: {},
  english_note: '', level_limits: [],
};

class Told {
  tables = $state.raw<ResultWords>(EMPTY);
  #language: Language | null = null;

  /** Fetch the tables of the present language, once. */
  async need(): Promise<void> {
    const language = words.language;
    if (this.#language === language) return;
    const answer = await fetch(`/app/words/${language}.json`);
    if (!answer.ok) return;
    this.tables = (await answer.json()) as ResultWords;
    this.#language = language;
  }
}

export const told = new Told();

const PUBLISHED = { Hayashi: 'scale_hayashi', GAGS: 'scale_gags' } as const;
const LEARNED = 'learned ';

/** Return what a grade scale is called: a published one, or one learned for a condition. */
export function scaleName(scale: string): string {
  if (scale in PUBLISHED) return t(PUBLISHED[scale as keyof typeof PUBLISHED]);
  if (!scale.startsWith(LEARNED)) return scale;
  const condition = scale.slice(LEARNED.length);
  return sentence(t('scale_learned', { condition: told.tables.conditions[condition] ?? condition }));
}
