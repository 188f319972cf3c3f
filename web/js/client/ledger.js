// What a connection needs to be resumed: which frames of the service have arrived, which of one's own it may not have got.

/** @typedef {{session_token: string, epoch: string, resumed: boolean, received: number}} Welcome */

export class Ledger {
  #token = "";
  #epoch = "";
  #lastSeq = 0;
  #writtenCount = 0;
  /** @type {{number: number, text: string}[]} */
  #unacknowledged = [];

  /** Whether the service has said what to resume with. */
  get isResumable() {
    return this.#token !== "";
  }

  /** The `data` of `hello`. */
  get hello() {
    if (!this.isResumable) return {};
    return { session_token: this.#token, epoch: this.#epoch, last_seq: this.#lastSeq };
  }

  /**
   * @param {Welcome} welcome
   * @returns {string[]} the frames to send again
   */
  welcome({ session_token: token, epoch, resumed, received }) {
    if (!resumed) this.forget();
    this.#token = token;
    this.#epoch = epoch;
    this.acknowledge(received);
    return this.#unacknowledged.map(({ text }) => text);
  }

  /**
   * A frame of the service has arrived.
   *
   * @param {number | undefined} seq
   * @returns {boolean} false if it has arrived before
   */
  arrived(seq) {
    if (seq === undefined) return true;
    if (seq <= this.#lastSeq) return false;
    this.#lastSeq = seq;
    return true;
  }

  /**
   * A frame is about to be sent, or will be when the connection is resumed.
   *
   * @param {string} text
   * @returns {number} to acknowledge it by
   */
  write(text) {
    const number = ++this.#writtenCount;
    if (this.isResumable) this.#unacknowledged.push({ number, text });
    return number;
  }

  /**
   * The service has got this frame, and so all before it.
   *
   * @param {number} number
   */
  acknowledge(number) {
    while (this.#unacknowledged.length > 0 && this.#unacknowledged[0].number <= number) this.#unacknowledged.shift();
  }

  /** There is nothing to resume any more. */
  forget() {
    this.#token = "";
    this.#lastSeq = 0;
    this.#writtenCount = 0;
    this.#unacknowledged = [];
  }
}
