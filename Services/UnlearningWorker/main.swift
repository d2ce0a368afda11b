import Jobs
import Workers

WorkerProgram(.unlearn, UnlearnHandler()).main()
