// Which glyph each kind of entry has. A kind that is not here is told like a rule, and a test asks for it.
const CLASSES: Record<string, string[]> = {
  choice: ['chose', 'lapsed'],
  order: [
    ...['ordered', 'passed on', 'obeyed', 'voiced', 'delayed', 'refused', 'opposed', 'resigned', 'appointed'],
    ...['relieved', 'reinstated', 'persuaded'],
  ],
  mind: [
    ...['learned', 'suspected', 'doubted', 'supposed', 'unsupposed', 'noticed', 'detected', 'found'],
    ...['looked into', 'ruled out', 'false alarm', 'overheard', 'revealed', 'disbelieved', 'became'],
  ],
  word: [
    ...['told', 'sent', 'delivered', 'lost', 'relayed', 'talked over', 'convened', 'resolved', 'declined'],
    ...['in touch', 'out of touch', 'leaked', 'went about', 'died down'],
  ],
  move: [
    ...['departed', 'arrived', 'carried', 'boarded', 'went ashore', 'marched', 'came through', 'followed'],
    ...['taken up', 'set down', 'fell behind', 'joined in', 'joined', 'called', 'taken away', 'released'],
    ...['missed it', 'moved out', 'turned away'],
  ],
  force: [
    ...[
      'attacked',
      'hit',
      'destroyed',
      'disabled',
      'shields down',
      'injured',
      'captured',
      'tagged',
      'pursued',
    ],
    ...['halted', 'malfunctioned', 'launched', 'drone lost', 'withdrew', 'escaped', 'violated', 'unmasked'],
    ...['struck', 'held fire', 'volley'],
  ],
  device: [
    ...[
      'started',
      'stage done',
      'runs',
      'ran its course',
      'paused',
      'resumed',
      'stopped',
      'sabotaged',
      'arming',
    ],
    ...['armed', 'disarmed', 'blew up', 'in vain'],
  ],
  death: ['died'],
  end: ['ended', 'began', 'guard'],
}

const CLASS = new Map(Object.entries(CLASSES).flatMap(([glyph, kinds]) => kinds.map(kind => [kind, glyph])))

/** Return the glyph of a kind of entry. */
export const glyphOf = (kind: string): string => CLASS.get(kind) ?? 'rule'
