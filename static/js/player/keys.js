// The player's keys. They work anywhere on the page except in text, in dialogs and where a control owns the key.
import { isModal, isTyping, singleKeys } from "../dom.js";

const KEYS = {
  " ": (player) => player.toggle(),
  k: (player) => player.toggle(),
  j: (player) => player.transport.backward(),
  l: (player) => player.transport.forward(),
  ArrowLeft: (player, event) => player.transport.step(event.shiftKey ? -10 : -1),
  ArrowRight: (player, event) => player.transport.step(event.shiftKey ? 10 : 1),
  ",": (player) => player.transport.step(-1),
  ".": (player) => player.transport.step(1),
  "<": (player) => player.transport.step(-10),
  ">": (player) => player.transport.step(10),
  i: (player) => player.setIn(),
  o: (player) => player.setOut(),
  r: (player) => player.toggleRange(),
  c: (player) => player.comment(),
  p: (player) => player.drawing?.toggle(),
  f: (player) => player.toggleFull(),
  m: (player) => player.toggleMute(),
  "[": (player) => player.goToNote(-1),
  "]": (player) => player.goToNote(1),
};

let active = null;
export const activate = (player) => { active = player; };
export const forget = (player) => { if (active === player) active = null; };
const listening = () => (active?.isConnected ? active : document.querySelector("dailies-player[data-ready]"));

/** Space belongs to a focused button, arrows to a focused radio or to another slider. */
function ownedElsewhere(event) {
  const { target, key } = event;
  if (!(target instanceof Element)) return false;
  if (key === " " ) return Boolean(target.closest("button, a[href], summary, input[type=checkbox], input[type=radio]"));
  if (key.startsWith("Arrow")) return Boolean(target.closest("input[type=radio], input[type=range]:not(.player__slider), [role=listbox], [role=menu], [role=tablist]"));
  return false;
}

document.addEventListener("keydown", (event) => {
  const player = listening();
  if (!player || event.defaultPrevented || isTyping(event.target) || isModal()) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const mod = event.ctrlKey || event.metaKey;
  if (mod && key === "l" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    player.toggleLoop();
    return;
  }
  const act = KEYS[key];
  if (!act || mod || event.altKey || ownedElsewhere(event)) return;
  if (!singleKeys.on && !player.contains(event.target)) return;
  event.preventDefault();
  act(player, event);
}, true); // before row navigation, which uses j and k as well
