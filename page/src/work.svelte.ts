// Something asked of the server that one waits for: what it is, and what went wrong with it.
import { words } from './server'

export class Work {
  /** What is under way; nothing while nothing is. */
  busy = $state('')
  wrong = $state('')

  /** Carry something out; return whether it went well. */
  async do(act: () => Promise<unknown>, what = 'work'): Promise<boolean> {
    this.busy = what
    this.wrong = ''
    try {
      await act()
      return true
    } catch (error) {
      this.wrong = words(error)
      return false
    } finally {
      this.busy = ''
    }
  }
}
