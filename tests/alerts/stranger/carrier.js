// An SMPP carrier that is not ours: the npm package `smpp` reads and writes every octet. What it was sent is asked for,
// and what telephones say is told to it, by HTTP on this machine.
//
// node carrier.js SYSTEM_ID PASSWORD PORT hex|decimal [KEY CERTIFICATE]
//   prints one line of JSON: {"smpp": port, "control": port}. PORT 0 is any free one. Answers name texts in hexadecimal,
//   with leading zeros; receipts as the fourth word says.
//   GET  /texts    every text it took whole: {ids, from, to, words, segments, coding, receipted: ids acknowledged}
//   GET  /said     every text of a telephone that was acknowledged: {from, to, words}
//   GET  /counts   what went over the wire, both ways
//   POST /say      {"from", "to", "words"}: a telephone sends words to our number, in parts when they are long
//   POST /dawdle   {"seconds"}: texts are answered so late from now on
//   POST /cut      every connection is cut

const fs = require("fs");
const http = require("http");
const smpp = require("smpp");

const [systemId, password, port, receiptIds, key, certificate] = process.argv.slice(2);
const CONCATENATED = 0x00;
const SMSC_DEFAULT = 0x00;
const UCS2 = 0x08;
// Octets of a text that fits into one message, and of each part of a longer one.
const ROOM = { ASCII: [160, 153], UCS2: [140, 134] };
const RESEND_AFTER = 1000; // milliseconds

const texts = [];
const parts = new Map(); // of texts that are not whole yet, by sender, receiver and reference
const sessions = new Set();
const waiting = []; // deliver_sm that nobody has acknowledged
const said = [];
const counts = { binds: 0, submits: 0, receipts: 0, receiptsAcknowledged: 0, said: 0, saidAcknowledged: 0 };
let names = 0;
let references = 0;
let lateness = 0; // milliseconds

function isOurs(pdu) {
  return pdu.system_id === systemId && pdu.password === password;
}

function meet(session) {
  session.on("bind_transceiver", (pdu) => {
    if (!isOurs(pdu)) {
      session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      session.close();
      return;
    }
    counts.binds += 1;
    sessions.add(session);
    session.send(pdu.response({ system_id: "stranger" }));
    deliver();
  });
  session.on("submit_sm", (pdu) => take(session, pdu));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
  session.on("close", () => forget(session));
  session.on("error", () => forget(session));
}

// What was not acknowledged on it is brought again on another.
function forget(session) {
  sessions.delete(session);
  waiting.filter((each) => each.session === session).forEach((each) => { each.session = null; });
  deliver();
}

function take(session, pdu) {
  counts.submits += 1;
  names += 1;
  const number = names;
  const name = number.toString(16).padStart(8, "0");
  const from = telephone(pdu.source_addr_ton, pdu.source_addr);
  const to = telephone(pdu.dest_addr_ton, pdu.destination_addr);
  const [reference, total, nth] = place(pdu);
  const whole = `${from} ${to} ${reference}`;
  let text = parts.get(whole);
  if (!text) {
    text = { from, to, ids: [], words: [], total, receipted: [], coding: pdu.data_coding };
    if (total > 1) parts.set(whole, text);
  }
  text.ids.push(name);
  text.words[nth - 1] = (pdu.message_payload || pdu.short_message).message;
  if (text.ids.length === text.total) {
    parts.delete(whole);
    texts.push(text);
  }
  const answer = () => session.send(pdu.response({ message_id: name }));
  if (lateness) setTimeout(answer, lateness);
  else answer();
  if (pdu.registered_delivery & 1) {
    counts.receipts += 1;
    const id = receiptIds === "decimal" ? number.toString() : name;
    const receipt = `id:${id} sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:`;
    bring(pdu.destination_addr, pdu.source_addr, { esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, data_coding: SMSC_DEFAULT, short_message: receipt },
      () => { counts.receiptsAcknowledged += 1; text.receipted.push(name); });
  }
}

function telephone(kind, digits) {
  return kind === smpp.TON.INTERNATIONAL ? `+${digits}` : digits;
}

// Which text a message is of, of how many parts that has, and which one this is.
function place(pdu) {
  const header = (pdu.short_message.udh || []).find((each) => each[0] === CONCATENATED);
  if (header) return [`udh ${header[2]}`, header[3], header[4]];
  if (pdu.sar_total_segments) return [`sar ${pdu.sar_msg_ref_num}`, pdu.sar_total_segments, pdu.sar_segment_seqnum];
  return [names, 1, 1];
}

function bring(from, to, what, kept) {
  waiting.push({
    pdu: { source_addr: from, source_addr_ton: 1, source_addr_npi: 1, dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: to, ...what },
    kept,
  });
  deliver();
}

// Each waits for its acknowledgement; one that is refused, or whose connection is lost, is brought again.
function deliver() {
  const [session] = sessions;
  if (!session) return;
  for (const each of waiting) {
    if (each.session === session) continue;
    each.session = session;
    session.deliver_sm(each.pdu, (answer) => {
      if (answer.command_status !== 0) {
        each.session = null;
        setTimeout(deliver, RESEND_AFTER);
        return;
      }
      const at = waiting.indexOf(each);
      if (at >= 0) {
        waiting.splice(at, 1);
        each.kept();
      }
    });
  }
}

function say(text) {
  counts.said += 1;
  const alphabet = smpp.encodings.ASCII.match(text.words) ? "ASCII" : "UCS2";
  const coding = alphabet === "UCS2" ? UCS2 : SMSC_DEFAULT;
  const messages = cut(text.words, smpp.encodings[alphabet], ROOM[alphabet]);
  references += 1;
  let left = messages.length;
  messages.forEach((words, at) => {
    const header = Buffer.from([5, CONCATENATED, 3, references & 0xff, messages.length, at + 1]);
    bring(text.from.slice(1), text.to.slice(1), {
      data_coding: coding,
      short_message: messages.length > 1 ? { udh: header, message: words } : words,
    }, () => {
      left -= 1;
      if (left === 0) {
        counts.saidAcknowledged += 1;
        said.push(text);
      }
    });
  });
}

function cut(words, alphabet, [whole, part]) {
  if (alphabet.encode(words).length <= whole) return [words];
  const pieces = [""];
  for (const character of words) {
    if (alphabet.encode(pieces.at(-1) + character).length > part) pieces.push("");
    pieces[pieces.length - 1] += character;
  }
  return pieces;
}

function control(request, response) {
  let body = "";
  request.on("data", (some) => { body += some; });
  request.on("end", () => {
    if (request.url === "/say") say(JSON.parse(body));
    if (request.url === "/dawdle") lateness = JSON.parse(body).seconds * 1000;
    if (request.url === "/cut") sessions.forEach((session) => session.destroy());
    const shown = {
      "/texts": texts.map(({ total, words, ...text }) => ({ ...text, words: words.join(""), segments: total })),
      "/said": said,
    };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(shown[request.url] || counts));
  });
}

const secure = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) } : {};
const carrier = smpp.createServer(secure, meet);
const page = http.createServer(control);
carrier.listen(Number(port), "127.0.0.1", () => {
  page.listen(0, "127.0.0.1", () => {
    console.log(JSON.stringify({ smpp: carrier.address().port, control: page.address().port }));
  });
});
