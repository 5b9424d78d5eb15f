// An SMPP carrier that is not ours: the npm package `smpp` reads and writes every octet. What it was sent is asked for,
// and what telephones say is told to it, by HTTP on this machine.
//
// node carrier.js SYSTEM_ID PASSWORD [KEY CERTIFICATE]   prints one line of JSON: {"smpp": port, "control": port}
//   GET  /texts    every text it took: {id, ids, from, to, words, segments, receipts: acknowledged ones}
//   GET  /counts   what went over the wire, both ways
//   POST /say      {"from", "to", "words"}: a telephone sends words to our number
//   POST /cut      every connection is cut

const fs = require("fs");
const http = require("http");
const smpp = require("smpp");

const [systemId, password, key, certificate] = process.argv.slice(2);
const CONCATENATED = 0x00;
const RESEND_AFTER = 1000; // milliseconds

const texts = [];
const parts = new Map(); // of texts that are not whole yet, by sender, receiver and reference
const sessions = new Set();
const waiting = []; // deliver_sm that nobody has acknowledged
const counts = { binds: 0, submits: 0, receipts: 0, receiptsAcknowledged: 0, said: 0, saidAcknowledged: 0 };
let names = 0;

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
    waiting.forEach((each) => { each.session = null; });
    deliver();
  });
  session.on("submit_sm", (pdu) => take(session, pdu));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
  session.on("close", () => sessions.delete(session));
  session.on("error", () => sessions.delete(session));
}

function take(session, pdu) {
  counts.submits += 1;
  names += 1;
  const name = names.toString(16).padStart(8, "0");
  const to = pdu.destination_addr;
  const words = pdu.short_message.message;
  const [reference, total, nth] = place(pdu);
  const whole = `${pdu.source_addr} ${to} ${reference}`;
  let text = parts.get(whole);
  if (!text) {
    text = { from: pdu.source_addr, to, ids: [], said: [], total, receipts: 0, coding: pdu.data_coding };
    if (total > 1) parts.set(whole, text);
  }
  text.ids.push(name);
  text.said[nth - 1] = words;
  if (text.ids.length === text.total) {
    parts.delete(whole);
    texts.push(text);
  }
  session.send(pdu.response({ message_id: name }));
  if (pdu.registered_delivery & 1) {
    counts.receipts += 1;
    const receipt = `id:${name} sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 text:`;
    waiting.push({
      pdu: { esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, source_addr: to, destination_addr: pdu.source_addr, short_message: receipt },
      kept: () => { counts.receiptsAcknowledged += 1; text.receipts += 1; },
    });
    deliver();
  }
}

function place(pdu) {
  const header = (pdu.short_message.udh || []).find((each) => each[0] === CONCATENATED);
  return header ? [header[2], header[3], header[4]] : [names, 1, 1];
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

function say(said) {
  counts.said += 1;
  waiting.push({
    pdu: { source_addr: said.from, source_addr_ton: 1, source_addr_npi: 1, destination_addr: said.to, short_message: said.words },
    kept: () => { counts.saidAcknowledged += 1; },
  });
  deliver();
}

function control(request, response) {
  let body = "";
  request.on("data", (some) => { body += some; });
  request.on("end", () => {
    if (request.url === "/say") say(JSON.parse(body));
    if (request.url === "/cut") sessions.forEach((session) => session.destroy());
    const shown = texts.map((text) => ({
      id: text.ids[0], ids: text.ids, from: text.from, to: text.to, words: text.said.join(""), segments: text.total,
      receipts: text.receipts, coding: text.coding,
    }));
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(request.url === "/texts" ? shown : counts));
  });
}

const secure = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) } : {};
const carrier = smpp.createServer(secure, meet);
const page = http.createServer(control);
carrier.listen(0, "127.0.0.1", () => {
  page.listen(0, "127.0.0.1", () => {
    console.log(JSON.stringify({ smpp: carrier.address().port, control: page.address().port }));
  });
});
