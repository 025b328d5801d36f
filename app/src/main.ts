import { mount } from 'svelte';
import App from './App.svelte';
import { startLanguage, words } from './lib/i18n.svelte';
import { session } from './lib/session.svelte';
import './styles/tokens.css';
import './styles/base.css';

const target = document.getElementById('app');
if (target) {
  await words.choose(startLanguage());
  mount(App, { target });
  await session.start();
}
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  void navigator.serviceWorker.register('/sw.js');
}
