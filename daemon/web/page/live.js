// Keeps the page current. The stream of events tells that something changed, the API what. The
// state is honest: `live` while the stream stands, `polling` while only the API answers, `lost`
// when nothing does, and then the data's own time is shown.

const kEveryWhilePolling = 10_000;
const kEveryWhileLost = 3_000;
// Without any news so long, the API is asked anyway: a cut cable ends no stream.
const kEveryWhileLive = 60_000;
const kReopenAfter = 5_000;
// At most one refresh a second, and never more than a fifth of the time, however much there is to
// read.
const kRest = 1_000;
const kRestRatio = 4;

export class Live {
  // `refresh` reads all that is shown and rejects when the daemon cannot be reached; `changed` is
  // called with the new state, `happened` with each event as it comes.
  constructor({ types, refresh, changed, happened }) {
    Object.assign(this, { types, refresh, changed, happened });
    this.state = 'connecting';
    this.isStreaming = false;
    this.isRefreshing = false;
    this.isStale = false;
    this.restUntil = 0;
  }

  start() {
    this.open();
    this.refreshNow();
    // A browser has few connections to one server: a page that nobody looks at must not keep one
    // from those in sight.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        this.close();
      } else {
        this.open();
        this.refreshNow();
      }
    });
  }

  close() {
    clearTimeout(this.reopening);
    this.stream?.close();
    this.isStreaming = false;
  }

  open() {
    this.close();
    if (document.hidden) return;
    const stream = new EventSource('api/v1/events/stream?snapshots=true');
    this.stream = stream;
    stream.onopen = () => {
      this.isStreaming = true;
      this.refreshNow();
    };
    stream.onerror = () => {
      this.isStreaming = false;
      // The browser tries again by itself, except after an answer that was no stream.
      if (stream.readyState === EventSource.CLOSED)
        this.reopening = setTimeout(() => this.open(), kReopenAfter);
      this.refreshNow();
    };
    stream.addEventListener('snapshot', () => this.refreshSoon());
    for (const type of this.types) {
      stream.addEventListener(type, (message) => {
        this.happened(JSON.parse(message.data));
        this.refreshSoon();
      });
    }
  }

  refreshSoon() {
    this.wake(this.restUntil - Date.now());
  }

  wake(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        if (!document.hidden) this.refreshNow();
      },
      Math.max(0, delay),
    );
  }

  async refreshNow() {
    if (this.isRefreshing) {
      this.isStale = true;
      return;
    }
    this.isRefreshing = true;
    this.isStale = false;
    const started = Date.now();
    try {
      await this.refresh();
      this.state = this.isStreaming ? 'live' : 'polling';
    } catch {
      this.state = 'lost';
    }
    this.isRefreshing = false;
    this.restUntil = Date.now() + Math.max(kRest, kRestRatio * (Date.now() - started));
    this.changed(this.state);
    if (this.isStale) this.refreshSoon();
    else
      this.wake(
        { live: kEveryWhileLive, polling: kEveryWhilePolling, lost: kEveryWhileLost }[this.state],
      );
  }
}
