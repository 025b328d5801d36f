// Private mode: a result that is kept nowhere but in this page, until it is left.
import { digestHeader, read } from './api';
import { words } from './i18n.svelte';
import type { Assessment, Summary } from './types';

export interface PrivateResult {
  document: Assessment;
  summary: Summary;
  files: Record<string, string>;
  photo: Blob;
}

class Unkept {
  on = $state(false);
  result = $state.raw<PrivateResult | null>(null);

  async assess(photo: Blob): Promise<void> {
    const headers = await digestHeader(photo);
    const path = `/v1/account/assessments?language=${words.language}`;
    const told = await read<Omit<PrivateResult, 'photo'>>(path, { method: 'POST', raw: photo, headers });
    this.result = { ...told, photo };
  }

  forget(): void {
    this.result = null;
  }
}

export const unkept = new Unkept();

export function fromBase64(text: string, type: string): Blob {
  return new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type });
}
