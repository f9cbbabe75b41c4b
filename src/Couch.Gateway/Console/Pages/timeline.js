// What has happened to a guest or to an invite, as one line of time, and what is known of either.
import { h, theirs } from './dom.js';
import { moment } from './text.js';

export const words = {
    'couch.invite.created': 'was invited', 'couch.invite.redeemed': 'redeemed the invite', 'couch.invite.revoked': 'invite revoked',
    'couch.invite.expired': 'invite expired', 'couch.guest.activated': 'is running', 'couch.guest.killed': 'was killed',
    'couch.guest.expired': 'ended: its time was up', 'couch.guest.stopped': 'ended', 'couch.guest.extended': 'was given more time',
    'couch.guest.limits_exceeded': 'is over a limit', 'couch.provision.failed': 'got no VM',
    'couch.vm.destroyed': 'VM destroyed: the receipt',
};

/** Events as steps: each { at, what, by, more }. */
export const stepsOf = events => events.map(event => ({
    at: event.timestamp, what: words[event.type] ?? event.type, by: event.metadata.by, more: more(event),
}));

/** Steps in their order; one without a time is of now. */
export const timeline = steps => h('ol', { class: 'timeline' }, steps.map(step => h('li', { class: step.at ? null : 'owed' },
    h('time', step.at ? { datetime: step.at } : null, step.at ? moment(step.at) : 'now'), ' ', step.what,
    step.more ? [': ', theirs(step.more)] : null, by(step.by))));

function more(event) {
    const { label, endReason, endDetail, hours, violations, error, vmId } = event.payload;
    return { 'couch.invite.created': label, 'couch.guest.stopped': [endReason, endDetail].filter(Boolean).join(', '),
        'couch.guest.extended': hours ? `${hours} h` : null, 'couch.guest.limits_exceeded': violations?.join(', '),
        'couch.provision.failed': error, 'couch.guest.activated': vmId }[event.type];
}

export const yes = flag => flag ? 'yes' : 'no';

/** A host key, by its name and its id. */
export const who = actor => actor?.name ? theirs(actor.name + (actor.keyId ? ` (${actor.keyId})` : '')) : null;

export const by = actor => actor?.name ? h('span', { class: 'by' }, ' by ', theirs(actor.name)) : null;

/** Pairs of a name and what is known; what is null is left out. */
export const facts = pairs => h('dl', null, pairs.filter(([, value]) => value !== null && value !== '—').map(
    ([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));

/** What a guest may reach, and what happens to one that is over a limit. */
export const allowed = one => [
    ['may reach the internet', yes(one.permissions.canAccessInternet)],
    ['may start agents', yes(one.permissions.canSpawnSubAgents)],
    ['may reach host services', yes(one.permissions.canAccessHostServices)],
    ['over a limit', one.enforcement === 'stop' ? 'it is stopped' : 'it is only reported'],
];
