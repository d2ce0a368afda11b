import Jobs
import Workers

WorkerProgram(.distill, DistillHandler()).main()
