import Jobs
import Workers

WorkerProgram(.train, TrainHandler()).main()
