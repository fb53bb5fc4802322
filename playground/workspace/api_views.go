package workspace

func (w *Workspace) viewsOpen(c *call) (object, error) {
	body, t, err := w.triggered(c)
	if err != nil {
		return nil, err
	}
	t.used = true
	v := w.newView(t.user, body)
	w.setStack(t.user, []*view{v})
	return object{"view": v.wire()}, nil
}

func (w *Workspace) viewsPush(c *call) (object, error) {
	body, t, err := w.triggered(c)
	if err != nil {
		return nil, err
	}
	v, err := w.push(t.user, body)
	if err != nil {
		return nil, err
	}
	t.used = true
	return object{"view": v.wire()}, nil
}

// triggered reads the arguments of views.open and views.push: a trigger and a modal.
func (w *Workspace) triggered(c *call) (object, *trigger, error) {
	t, err := w.usable(c.text("trigger_id"))
	if err != nil {
		return nil, nil, err
	}
	body, err := parseView(c.args, "modal")
	if err != nil {
		return nil, nil, err
	}
	if w.externalTaken(str(body, "external_id"), nil) {
		return nil, nil, apiError{code: "duplicate_external_id"}
	}
	return body, t, nil
}

func (w *Workspace) viewsUpdate(c *call) (object, error) {
	v, err := w.viewOf(c)
	if err != nil {
		return nil, err
	}
	body, err := parseView(c.args, str(v.Body, "type"))
	if err != nil {
		return nil, err
	}
	if hash := c.text("hash"); hash != "" && hash != v.Hash {
		return nil, apiError{code: "hash_conflict"}
	}
	if w.externalTaken(str(body, "external_id"), v) {
		return nil, apiError{code: "duplicate_external_id"}
	}
	w.fill(v, body)
	w.show(v)
	return object{"view": v.wire()}, nil
}

// viewsPublish sets the content of a person's Home tab.
func (w *Workspace) viewsPublish(c *call) (object, error) {
	user, ok := w.people.user(c.text("user_id"))
	if !ok {
		return nil, apiError{code: "user_not_found"}
	}
	body, err := parseView(c.args, "home")
	if err != nil {
		return nil, err
	}
	v := w.homes[user.ID]
	if hash := c.text("hash"); v != nil && hash != "" && hash != v.Hash {
		return nil, apiError{code: "hash_conflict"}
	}
	if v == nil {
		v = w.newView(user.ID, body)
		w.homes[user.ID] = v
	}
	w.fill(v, body)
	w.show(v)
	return object{"view": v.wire()}, nil
}
