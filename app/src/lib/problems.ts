// What went wrong, in words: our own where we have them, the service's otherwise.
import { Refused } from './api';
import { t, type Key } from './i18n.svelte';

const OURS: Record<string, Key> = {
  offline: 'problem_offline',
  overload: 'problem_busy',
  rate: 'problem_rate',
  photo: 'problem_photo',
  'photo.unreadable': 'problem_photo',
  'photo.unsupported': 'problem_kind',
  'photo.too_large': 'problem_large',
  'photo.decode_limit': 'problem_large',
  'access.login': 'problem_login',
  'access.credentials': 'problem_credentials',
  'access.consent': 'problem_consent',
  'access.not_found': 'problem_gone',
  'access.forbidden': 'problem_forbidden',
  'access.passkey': 'problem_passkey',
  'access.step_up': 'problem_confirm',
};

export function problemText(error: unknown): string {
  if (error instanceof Refused) return t(OURS[error.problem.code] ?? 'problem_other');
  return t('problem_other');
}

export const codeOf = (error: unknown): string =>
  error instanceof Refused ? error.problem.code : '';
