// Where we are: the part of the address after `#`, so that ids never reach a server's log.
class Router {
  path = $state(read());

  constructor() {
    addEventListener('hashchange', () => {
      this.path = read();
    });
  }

  /** The words of the path: `#/result/42` is `['result', '42']`. */
  get steps(): string[] {
    return this.path.split('/').filter(Boolean);
  }

  go(path: string): void {
    location.hash = path;
  }
}

function read(): string {
  return decodeURI(location.hash.slice(1)) || '/';
}

export const router = new Router();
