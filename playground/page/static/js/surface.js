// A surface is one place where an app's blocks stand: a message, a modal or the
// Home tab. It knows the fields that people can fill in there, and carries
// what they press to the app.

import { confirmed } from './confirm.js';

export class Surface {
  // names finds people and channels; send posts an action, and rejects when
  // it was not delivered; tell shows a person why; seed holds what had
  // been filled in before the blocks were drawn anew, as values() gave it.
  constructor({ names, send, tell, seed = {} }) {
    Object.assign(this, { names, send, tell, seed });
    this.fields = [];
  }

  // register remembers a field: {blockID, actionID, read, required, touched, fail}.
  register(field) {
    this.fields.push(field);
  }

  // values reads all fields, in the shape of Slack's view.state.values.
  values(wanted = () => true) {
    const values = {};
    for (const field of this.fields.filter(wanted)) {
      values[field.blockID] ??= {};
      values[field.blockID][field.actionID] = field.read();
    }
    return values;
  }

  // typed reads the fields that a person has changed, so that they survive a
  // redrawing.
  typed() {
    const typed = { ...this.seed };
    for (const [block, actions] of Object.entries(this.values((field) => field.touched))) typed[block] = { ...typed[block], ...actions };
    return typed;
  }

  // press carries out an action, after asking where the app wants that. It
  // answers false when the person declined or it could not be delivered.
  async press(blockID, element, payload, node) {
    if (element.confirm && !(await confirmed(element.confirm, this.names))) return false;
    node.setAttribute('aria-busy', 'true');
    try {
      await this.send({ block_id: blockID, action_id: element.action_id ?? '', ...payload });
      return true;
    } catch (error) {
      this.tell(error.message);
      return false;
    } finally {
      node.removeAttribute('aria-busy');
    }
  }
}
