// Who is here: alone on this machine, signed in, or nobody yet; and whose photos these are.
import { Refused, ask, read, rememberCsrf } from './api';
import type { Consent, Listing, Me, Person } from './types';

export const TEXT_VERSION = 'app-1';
const CLINIC_ROLES = ['clinician', 'assistant', 'admin', 'auditor'];

interface Told { alone: boolean; csrf: string | null }

class Session {
  ready = $state(false);
  offline = $state(false);
  alone = $state(false);
  signedIn = $state(false);
  /** Whether some roles wait for a passkey. */
  passkeyNeeded = $state(false);
  me = $state.raw<Me | null>(null);
  person = $state.raw<Person | null>(null);
  consents = $state.raw<Consent[]>([]);

  get entered(): boolean {
    return this.alone || this.signedIn;
  }
  /** Whether this user works in a clinic; the one person alone has the auditor's view only. */
  get clinic(): boolean {
    return !this.alone && (this.me?.roles ?? []).some((role) => CLINIC_ROLES.includes(role));
  }
  has(role: string): boolean {
    return (this.me?.roles ?? []).includes(role);
  }
  /** Whether the person agrees to `purpose`, after the text of this app was shown. */
  agreed(purpose: string): boolean {
    const last = this.consents.filter((one) => one.purpose === purpose).at(-1);
    return last?.granted === true && last.text_version === TEXT_VERSION;
  }

  async start(): Promise<void> {
    try {
      const told = await read<Told>('/app/session');
      this.offline = false;
      this.alone = told.alone;
      rememberCsrf(told.csrf);
      if (told.alone || told.csrf) await this.load();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.offline = error.problem.code === 'offline';
      this.signedIn = false;
    }
    this.ready = true;
  }

  /** Ask who we are and whose photos these are. */
  async load(): Promise<void> {
    this.me = await read<Me>('/v1/sessions/current');
    this.signedIn = !this.alone;
    if (this.alone || this.has('person') || this.has('guardian')) await this.loadPerson();
  }

  async loadPerson(): Promise<void> {
    const people = await read<Listing<Person>>('/v1/people?limit=1');
    this.person = people.items[0] ?? null;
    await this.loadConsents();
  }

  async loadConsents(): Promise<void> {
    if (!this.person) {
      this.consents = [];
      return;
    }
    const found = await read<{ items: Consent[] }>(`/v1/people/${this.person.id}/consents`);
    this.consents = found.items;
  }

  /** Record a choice; a person who was erased begins anew. */
  async choose(purpose: string, granted: boolean, language: string): Promise<void> {
    this.person ??= await read<Person>('/v1/account/person', { method: 'POST' });
    const body = { purpose, granted, text_version: TEXT_VERSION, language };
    await ask(`/v1/people/${this.person.id}/consents`, { method: 'POST', body });
    await this.loadConsents();
  }

  async enter(path: string, body: unknown): Promise<void> {
    const told = await read<{ csrf: string; passkey_needed: boolean }>(path, { method: 'POST', body });
    rememberCsrf(told.csrf);
    await this.load();
    this.passkeyNeeded = told.passkey_needed;
  }

  async leave(): Promise<void> {
    await ask('/app/session', { method: 'DELETE' });
    rememberCsrf(null);
    this.signedIn = false;
    this.me = this.person = null;
    this.consents = [];
  }
}

export const session = new Session();
