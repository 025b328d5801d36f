// Guidance aloud: the browser's own voice, never two sentences at once, never the same one at once again.
const LEAST_MS = 2500;
let last = { text: '', at: 0 };

export const canSpeak = (): boolean => 'speechSynthesis' in window;

export function speak(text: string, language: string, now = performance.now()): boolean {
  if (!canSpeak() || now - last.at < LEAST_MS || (text === last.text && now - last.at < 3 * LEAST_MS)) return false;
  last = { text, at: now };
  speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(text);
  said.lang = language;
  speechSynthesis.speak(said);
  return true;
}
