import { decodeValue } from './decode-value.js';
import { EVENT, SESSION_LOG, SESSION_STATUS, type SessionDetails, type SessionStatus } from './event.js';
import { Fields } from './fields.js';
import type { LoggedContent, LoggedEvent, LoggedValue } from './logged-event.js';
import { FIXED64, key, LENGTH, VARINT } from './message.js';
import { SUMMARY } from './value.js';

/** `plugins`: tag → plugin, of the file so far; is added to. */
export function decodeEvent(data: Buffer, plugins: Map<string, string>): LoggedEvent {
  let [wallTime, step] = [0, 0];
  let content: LoggedContent = { kind: 'other' };
  for (const fields = new Fields(data); fields.next(); )
    switch (fields.key) {
      case key(EVENT.wallTime, FIXED64):
        wallTime = fields.double();
        break;
      case key(EVENT.step, VARINT):
        step = fields.varint();
        break;
      case key(EVENT.fileVersion, LENGTH):
        content = { kind: 'version', version: fields.string() };
        break;
      case key(EVENT.summary, LENGTH):
        content = { kind: 'values', values: decodeSummary(fields.message(), plugins) };
        break;
      case key(EVENT.sessionLog, LENGTH):
        content = decodeSession(fields.message());
        break;
      default:
        fields.skip();
    }
  return { wallTime, step, ...content };
}

function decodeSummary(fields: Fields, plugins: Map<string, string>): LoggedValue[] {
  const values: LoggedValue[] = [];
  while (fields.next())
    if (fields.key === key(SUMMARY.value, LENGTH)) values.push(decodeValue(fields.message(), plugins));
    else fields.skip();
  return values;
}

function decodeSession(fields: Fields): LoggedContent {
  let status: SessionStatus = 'unspecified';
  const details: SessionDetails = {};
  while (fields.next())
    switch (fields.key) {
      case key(SESSION_LOG.status, VARINT):
        status = SESSION_STATUS[fields.varint()] ?? 'unspecified';
        break;
      case key(SESSION_LOG.checkpointPath, LENGTH):
        details.checkpointPath = fields.string();
        break;
      case key(SESSION_LOG.message, LENGTH):
        details.message = fields.string();
        break;
      default:
        fields.skip();
    }
  return { kind: 'session', status, ...details };
}
