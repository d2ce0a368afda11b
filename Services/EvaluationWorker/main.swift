import Jobs
import Workers

WorkerProgram(.evaluate, EvaluateHandler()).main()
