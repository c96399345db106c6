import { Transform, type TransformCallback } from 'node:stream';
import { S3Error } from './store';

/**
 * Takes the `aws-chunked` framing off an upload: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, a chunk of size 0,
 * then trailers such as a checksum. Trailers are read and dropped: on loopback TCP already guards the bytes.
 */
export class UnchunkStream extends Transform {
  private held: Buffer = Buffer.alloc(0);
  private state: 'size' | 'data' | 'dataEnd' | 'trailer' = 'size';
  private left = 0;

  override _transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.held = this.held.length === 0 ? part : Buffer.concat([this.held, part]);
    try {
      while (this.step()) continue;
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const whole = this.state === 'trailer';
    done(whole ? null : new S3Error('IncompleteBody', 400, 'The body ended inside a chunk.'));
  }

  private step(): boolean {
    if (this.held.length === 0) return false;
    switch (this.state) {
      case 'size': {
        const end = this.held.indexOf('\r\n');
        if (end < 0) return false;
        const size = this.held.toString('latin1', 0, end).split(';', 1)[0] ?? '';
        if (!/^[0-9a-f]{1,8}$/i.test(size)) throw new S3Error('InvalidRequest', 400, 'A chunk has no size.');
        this.left = Number.parseInt(size, 16);
        this.held = this.held.subarray(end + 2);
        this.state = this.left === 0 ? 'trailer' : 'data';
        return true;
      }
      case 'data': {
        const taken = this.held.subarray(0, this.left);
        this.push(taken);
        this.left -= taken.length;
        this.held = this.held.subarray(taken.length);
        if (this.left === 0) this.state = 'dataEnd';
        return true;
      }
      case 'dataEnd': {
        if (this.held.length < 2) return false;
        this.held = this.held.subarray(2);
        this.state = 'size';
        return true;
      }
      case 'trailer': {
        this.held = Buffer.alloc(0);
        return false;
      }
    }
  }
}
